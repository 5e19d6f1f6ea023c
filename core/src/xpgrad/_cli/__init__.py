"""The commands of ``xpgrad``, one module each."""
