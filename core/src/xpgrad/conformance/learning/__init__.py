"""What optimizers and layers must do: their declared cases, the problems they are run on, and the checks."""
