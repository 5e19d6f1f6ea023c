"""Wrong optimizers and layers, each with one fault, as a package of plugins: what the kit must catch.

``BROKEN`` in each module gives for a name its spec and the test that must fail.  Put the folder above on the path, and
load ``broken.plugin`` (``-p broken.plugin``) to have them registered.
"""
