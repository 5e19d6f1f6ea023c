from xpgrad.autograd._backward import backward, grad
