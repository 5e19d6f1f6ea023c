"""``python -m xpgrad.compat.torch script.py [arguments]``."""

import sys

from xpgrad.compat.torch._runner import main

sys.exit(main(sys.argv[1:]))
