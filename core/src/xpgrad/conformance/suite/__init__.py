"""The tests of a backend, one module for each level; those over operations run on plugins' operations, too."""
