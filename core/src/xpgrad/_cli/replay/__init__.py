"""Running somebody's program with every operation looked at: what ``lint`` and ``compare`` share."""
