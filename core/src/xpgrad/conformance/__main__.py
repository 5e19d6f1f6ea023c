"""``python -m xpgrad.conformance backend NAME``."""

import sys

from xpgrad.conformance.cli import main

sys.exit(main())
