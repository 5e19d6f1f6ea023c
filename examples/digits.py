"""Train a classifier on real handwritten digits: scikit-learn's 1,797 scans of 8 x 8 pixels.

    python examples/digits.py [--device cuda] [--optimizer rmsprop] [--seed 1] [--epochs 40] [--output DIR]

Prints the share of held-out digits read correctly (a fifth of the data), and writes to the output folder the
loss curve, a grid of the misread digits, and the model, which is loaded again and must predict the same.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sklearn.datasets import load_digits

import xpgrad as xp
from xpgrad import nn, optim

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the choice of a backend without a window

CLASSES = 10
LEARNING_RATES = {"sgd": 0.1, "adagrad": 0.02, "adam": 0.003, "adamw": 0.003, "rmsprop": 0.002}


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--device", default="cpu", help="cpu, cuda, cuda:1, ... (default: %(default)s)"
    )
    parser.add_argument(
        "--optimizer",
        default="Adam",
        help="the name of any installed optimizer (default: %(default)s)",
    )
    parser.add_argument(
        "--lr", type=float, help="learning rate (default: one that suits the optimizer)"
    )
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--hidden", type=int, default=128, help="width of the two hidden layers")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same numbers")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("examples/output"),
        help="folder for the pictures and the model",
    )
    return parser.parse_args()


def data(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pixels scaled to [0, 1] and labels, shuffled by the seed: four fifths to learn from, a fifth held out."""
    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits.target))
    pixels, labels = (digits.data / 16.0)[order], digits.target[order]
    cut = len(order) * 4 // 5
    return pixels[:cut], labels[:cut], pixels[cut:], labels[cut:]


def network(hidden: int) -> nn.Module:
    """64 pixels in, 10 scores out."""
    return nn.Sequential(
        nn.Linear(64, hidden), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(hidden, CLASSES),
    )  # fmt: skip


def train(
    model: nn.Module,
    opt: optim.Optimizer,
    pixels: xp.Tensor,
    labels: xp.Tensor,
    args: argparse.Namespace,
) -> list[float]:
    """The mean loss of every epoch."""
    loss_of = nn.CrossEntropyLoss()
    order = np.random.default_rng(args.seed)
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.4f}"), TimeRemainingColumn(),
    )  # fmt: skip
    history = []
    model.train()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("epochs", total=args.epochs, loss=float("nan"))
        for _ in range(args.epochs):
            losses = []
            for batch in np.array_split(
                order.permutation(len(labels)), max(1, len(labels) // args.batch_size)
            ):
                opt.zero_grad()
                index = xp.asarray(batch, device=args.device)
                loss = loss_of(
                    model(xp.take(pixels, index, axis=0)), xp.take(labels, index, axis=0)
                )
                loss.backward()
                opt.step()
                losses.append(loss.item())
            history.append(sum(losses) / len(losses))
            progress.update(task, advance=1, loss=history[-1])
    return history


def predict(model: nn.Module, pixels: xp.Tensor) -> np.ndarray:
    """The most probable class of each row."""
    model.eval()
    with xp.no_grad():
        return np.asarray(xp.argmax(model(pixels), axis=1).to("cpu"))


def draw_loss(history: list[float], path: Path) -> None:
    """The loss by epoch, on a logarithmic axis."""
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.semilogy(range(1, len(history) + 1), history)
    axes.set(xlabel="epoch", ylabel="mean cross-entropy", title="Learning to read digits")
    axes.grid(visible=True, which="both", alpha=0.3)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def draw_misread(pixels: np.ndarray, labels: np.ndarray, predicted: np.ndarray, path: Path) -> None:
    """Every held-out digit that was misread, with what it is and what it was taken for."""
    wrong = np.flatnonzero(labels != predicted)
    columns = min(6, max(1, len(wrong)))
    rows = max(1, -(-len(wrong) // columns))
    figure, grid = plt.subplots(
        rows, columns, figsize=(1.6 * columns, 1.9 * rows), squeeze=False, layout="constrained"
    )
    for axes in grid.flat:
        axes.axis("off")
    for axes, i in zip(grid.flat, wrong, strict=False):
        axes.imshow(pixels[i].reshape(8, 8), cmap="gray_r")
        axes.set_title(f"{labels[i]} read as {predicted[i]}", fontsize=9)
    figure.suptitle(f"{len(wrong)} of {len(labels)} held-out digits misread")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Train, test, draw, save, load again."""
    args = arguments()
    args.output.mkdir(parents=True, exist_ok=True)
    xp.manual_seed(args.seed)
    train_pixels, train_labels, test_pixels, test_labels = data(args.seed)

    model = network(args.hidden).to(args.device)
    lr = args.lr or LEARNING_RATES.get(args.optimizer.lower(), 1e-3)
    opt = optim.create(args.optimizer, model.named_parameters(), lr=lr)
    pixels, labels = (xp.asarray(a, device=args.device) for a in (train_pixels, train_labels))
    history = train(model, opt, pixels, labels, args)

    held_out = xp.asarray(test_pixels, device=args.device)
    predicted = predict(model, held_out)
    accuracy = float(np.mean(predicted == test_labels))
    draw_loss(history, args.output / "loss.png")
    draw_misread(test_pixels, test_labels, predicted, args.output / "misread.png")

    xp.save(model.state_dict(), args.output / "digits.safetensors")
    again = network(args.hidden).to(args.device)
    again.load_state_dict(xp.load(args.output / "digits.safetensors"))
    same = bool(np.array_equal(predict(again, held_out), predicted))

    print(f"{type(opt).__name__} on {args.device}: final loss {history[-1]:.6f}")
    print(f"held-out accuracy: {accuracy:.2%} of {len(test_labels)} digits")
    print(f"saved model predicts the same: {same}")
    print(f"pictures and model: {args.output}/")
    if not same:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
