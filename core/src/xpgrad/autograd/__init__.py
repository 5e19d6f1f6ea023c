"""PyTorch's ``torch.autograd``: backward, grad, Function, Variable, and the tools that check them."""

from xpgrad._graph import Node as Node
from xpgrad._modes import enable_grad as enable_grad
from xpgrad._modes import inference_mode as inference_mode
from xpgrad._modes import no_grad as no_grad
from xpgrad._modes import set_grad_enabled as set_grad_enabled
from xpgrad.autograd._anomaly import detect_anomaly as detect_anomaly
from xpgrad.autograd._anomaly import is_anomaly_enabled as is_anomaly_enabled
from xpgrad.autograd._anomaly import set_detect_anomaly as set_detect_anomaly
from xpgrad.autograd._backward import backward as backward
from xpgrad.autograd._backward import grad as grad
from xpgrad.autograd._check import GradcheckError as GradcheckError
from xpgrad.autograd._check import gradcheck as gradcheck
from xpgrad.autograd._check import gradgradcheck as gradgradcheck
from xpgrad.autograd._function import Function as Function
from xpgrad.autograd._function import FunctionCtx as FunctionCtx
from xpgrad.autograd._function import once_differentiable as once_differentiable
from xpgrad.autograd._variable import Variable as Variable

__all__ = [
    "Function", "FunctionCtx", "GradcheckError", "Node", "Variable", "backward", "detect_anomaly", "enable_grad",
    "grad", "gradcheck", "gradgradcheck", "inference_mode", "is_anomaly_enabled", "no_grad", "once_differentiable",
    "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip
