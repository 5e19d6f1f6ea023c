"""Writes what PyTorch answers to the calls of ``calls.py``: run with torch installed, commit the result."""

import json
import warnings
from pathlib import Path

import torch
from calls import calls, outcome

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    here = Path(__file__).parent
    answers = {call: outcome(torch, torch.nn.functional, call) for call in calls()}
    text = ",\n".join(f"{json.dumps(c)}: {json.dumps(a)}" for c, a in answers.items())
    (here / "reference_calls.json").write_text(f'{{"torch": "{torch.__version__}", "answers": {{\n{text}\n}}}}\n')
