"""``torch.utils.data``: data sets and a loader that makes batches in this process."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import xpgrad as xp
from xpgrad._tensor import Tensor as CoreTensor
from xpgrad.compat.torch._factories import tensor
from xpgrad.compat.torch._missing import module_getattr
from xpgrad.compat.torch._random import randint, randperm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "DataLoader", "Dataset", "IterableDataset", "RandomSampler", "SequentialSampler", "Subset", "TensorDataset",
    "default_collate", "random_split",
]  # fmt: skip


class Dataset:
    """Anything with ``__getitem__`` and ``__len__``."""

    def __class_getitem__(cls, item: Any) -> type[Dataset]:
        return cls

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError


class IterableDataset(Dataset):
    """Anything with ``__iter__``."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError


class TensorDataset(Dataset):
    """Samples are slices of the tensors along their first axes."""

    def __init__(self, *tensors: Any) -> None:
        if len({len(t) for t in tensors}) > 1:
            message = (
                f"TensorDataset: the tensors have different lengths {[len(t) for t in tensors]}"
            )
            raise ValueError(message)
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(t[index] for t in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset):
    """The samples of a data set at some indices."""

    def __init__(self, dataset: Any, indices: Any) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Any, generator: Any = None) -> list[Subset]:
    """The data set in parts of the given lengths (or fractions), in random order."""
    n, sizes = len(dataset), list(lengths)
    if sum(sizes) <= 1 and any(isinstance(s, float) for s in sizes):
        sizes = [int(n * s) for s in sizes]
        for i in range(n - sum(sizes)):
            sizes[i % len(sizes)] += 1
    if sum(sizes) != n:
        message = f"random_split: the lengths {sizes} do not add up to the data set's {n}"
        raise ValueError(message)
    order = randperm(n, generator=generator).tolist()
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return [Subset(dataset, order[s : s + k]) for s, k in zip(starts, sizes, strict=True)]


class SequentialSampler:
    """Indices in order."""

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(SequentialSampler):
    """Indices in random order, or drawn with replacement."""

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ) -> None:
        super().__init__(data_source)
        self.replacement, self.num_samples, self.generator = replacement, num_samples, generator

    def __iter__(self) -> Iterator[int]:
        n, size = len(self.data_source), len(self)
        if self.replacement:
            drawn = randint(0, n, (size,), generator=self.generator)
        else:
            drawn = randperm(n, generator=self.generator)[:size]
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples or len(self.data_source)


def default_collate(batch: list[Any]) -> Any:
    """Samples as one batch: tensors and numbers are stacked, sequences and mappings position by position."""
    first = batch[0]
    if isinstance(first, CoreTensor):
        return xp.stack(batch)
    if isinstance(first, dict):
        return {k: default_collate([b[k] for b in batch]) for k in first}
    if isinstance(first, (tuple, list)):
        columns = [default_collate(list(parts)) for parts in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    if isinstance(first, (str, bytes)):
        return batch
    if hasattr(first, "__array__"):
        return xp.stack([tensor(b) for b in batch])
    return tensor(batch, dtype=xp.float64) if isinstance(first, float) else tensor(batch)


class DataLoader:
    """Batches of a data set, made in this process whatever ``num_workers`` says."""

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = False,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[list[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Any = None,
        generator: Any = None,
        **_: Any,
    ) -> None:
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.collate_fn = collate_fn or default_collate
        self.batch_sampler, self.sampler = batch_sampler, sampler
        self.num_workers, self.pin_memory = num_workers, pin_memory
        if sampler is None and batch_sampler is None and hasattr(dataset, "__len__"):
            chosen = (
                RandomSampler(dataset, generator=generator)
                if shuffle
                else SequentialSampler(dataset)
            )
            self.sampler = chosen

    def _batches(self) -> Iterator[list[Any]]:
        if self.batch_sampler is not None:
            yield from ([self.dataset[i] for i in batch] for batch in self.batch_sampler)
            return
        samples = (
            iter(self.dataset) if self.sampler is None else (self.dataset[i] for i in self.sampler)
        )
        batch = []
        for sample in samples:
            batch.append(sample)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __iter__(self) -> Iterator[Any]:
        if self.batch_size is None and self.batch_sampler is None:
            return iter(self.dataset[i] for i in self.sampler or ())
        return (self.collate_fn(batch) for batch in self._batches())

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)  # type: ignore[arg-type]
        n, size = len(self.sampler), self.batch_size or 1  # type: ignore[arg-type]
        return n // size if self.drop_last else -(-n // size)


dataloader = dataset = sampler = sys.modules[__name__]
"""PyTorch defines these names in modules of their own."""
__getattr__ = module_getattr("torch.utils.data", globals())
