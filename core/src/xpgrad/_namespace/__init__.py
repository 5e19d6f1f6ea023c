"""The Array API over tensors, by chapter; functions the field expects beyond it."""

from xpgrad._namespace._elsewhere import install_hints
from xpgrad._namespace._indexing import install_indexing
from xpgrad._namespace._methods import install_methods
from xpgrad._namespace._numpy import install_numpy_protocols
from xpgrad._namespace._operations import install_operators

install_operators()
install_methods()
install_hints()
install_indexing()
install_numpy_protocols()
