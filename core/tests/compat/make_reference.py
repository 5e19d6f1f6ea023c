"""Writes what PyTorch answers to the calls of ``calls.py`` and prints from ``scripts/``: run with torch, commit."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import torch
from calls import calls, outcome

HERE = Path(__file__).parent


def printed(script):
    """What a script prints under the real torch."""
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    answers = {call: outcome(torch, torch.nn.functional, call) for call in calls()}
    text = ",\n".join(f"{json.dumps(c)}: {json.dumps(a)}" for c, a in answers.items())
    head = f'{{"torch": "{torch.__version__}", "answers": {{\n'
    (HERE / "reference_calls.json").write_text(f"{head}{text}\n}}}}\n")
    outputs = {script.name: printed(script) for script in sorted((HERE / "scripts").glob("*.py"))}
    (HERE / "reference_scripts.json").write_text(json.dumps(outputs, indent=1) + "\n")
