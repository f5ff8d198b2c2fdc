# SPDX-License-Identifier: Apache-2.0
"""Quantization in NumPy and PyTorch by libqstrata, through ctypes.

    spec = Spec(bit_width=8, method="maxmin", round_mode="half_even")
    node = Node(spec, averaging=0.01)       # observes and fake-quantizes, as one node of a network
    y = node(x)                             # x: a float32 array
    y = fake_quantize(x, spec, scale=0.1)   # a given scale

`straight_through(node, x)` does it to a torch tensor; its gradient is 1 where x lies inside the
range and 0 where it was cut off (the straight-through estimator), as torch.fake_quantize has it.

The library is libqstrata.so.0, or what the environment variable QSTRATA_LIBRARY names.
"""
import ctypes
import json
import os

import numpy

_STATUS_OK = 0
QMAX, HALF_SPAN = 0, 1
CALIBRATION, QAT, VALIDATION = range(3)
_KINDS = ("input", "weights", "bias", "activation")


class _Spec(ctypes.Structure):
    """struct qs_spec: the rows of params.def."""

    _fields_ = [("datatype", ctypes.c_int), ("bit_width", ctypes.c_int), ("method", ctypes.c_int),
                ("round_mode", ctypes.c_int), ("symmetry", ctypes.c_bool), ("per_channel", ctypes.c_bool),
                ("is_signed", ctypes.c_bool), ("narrow_range", ctypes.c_bool),
                ("scale_type", ctypes.c_int), ("statistic", ctypes.c_int), ("percentage", ctypes.c_double)]


class _Layout(ctypes.Structure):
    _fields_ = [("outer", ctypes.c_size_t), ("channels", ctypes.c_size_t), ("inner", ctypes.c_size_t)]


class _Place(ctypes.Structure):
    _fields_ = [("source", ctypes.c_void_p), ("begin", ctypes.c_size_t), ("end", ctypes.c_size_t)]


class _Subject(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("place", _Place), ("findings", ctypes.c_void_p)]


class _Observation(ctypes.Structure):
    _fields_ = [("channels", ctypes.c_size_t), ("is_graph_input", ctypes.c_bool), ("scale_law", ctypes.c_int),
                ("subject", _Subject), ("averaging", ctypes.c_double)]


class _Qparams(ctypes.Structure):
    _fields_ = [("n", ctypes.c_size_t), ("scale", ctypes.POINTER(ctypes.c_double)),
                ("zero_point", ctypes.POINTER(ctypes.c_int64)), ("float_max", ctypes.POINTER(ctypes.c_double)),
                ("quant_min", ctypes.c_int64), ("quant_max", ctypes.c_int64)]


class _Counts(ctypes.Structure):
    _fields_ = [("total", ctypes.c_uint64), ("nan", ctypes.c_uint64), ("infinite", ctypes.c_uint64),
                ("saturated", ctypes.c_uint64)]


class _Finding(ctypes.Structure):
    """The first fields of struct qs_finding."""

    _fields_ = [("code", ctypes.c_char_p), ("name", ctypes.c_char_p), ("title", ctypes.c_char_p),
                ("severity", ctypes.c_int), ("message", ctypes.c_char_p)]


_lib = ctypes.CDLL(os.environ.get("QSTRATA_LIBRARY", "libqstrata.so.0"))


def _declare(name, result, *arguments):
    function = getattr(_lib, name)
    function.restype = result
    function.argtypes = arguments


_P = ctypes.c_void_p
_declare("qs_findings_new", _P)
_declare("qs_findings_free", None, _P)
_declare("qs_findings_count", ctypes.c_size_t, _P)
_declare("qs_findings_at", ctypes.POINTER(_Finding), _P, ctypes.c_size_t)
_declare("qs_registry_new", _P)
_declare("qs_source_new", ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(_P))
_declare("qs_source_free", None, _P)
_declare("qs_policy_read", ctypes.c_int, _P, _P, ctypes.POINTER(_P))
_declare("qs_policy_free", None, _P)
_declare("qs_policy_model_spec", _Spec, _P, ctypes.c_int)
_declare("qs_status_text", ctypes.c_char_p, ctypes.c_int)
_declare("qs_node_new", ctypes.c_int, _P, ctypes.POINTER(_Spec), ctypes.POINTER(_Observation), ctypes.POINTER(_P))
_declare("qs_node_free", None, _P)
_declare("qs_node_set_state", None, _P, ctypes.c_int)
_declare("qs_node_fix", ctypes.c_int, _P, ctypes.c_size_t, ctypes.POINTER(ctypes.c_double),
         ctypes.POINTER(ctypes.c_int64))
_declare("qs_node_run", ctypes.c_int, _P, _Layout, _P, _P, ctypes.POINTER(_Counts))
_declare("qs_node_qparams", ctypes.POINTER(_Qparams), _P)

_registry = _lib.qs_registry_new()


class Error(ValueError):
    """What the library refuses; the text is its findings."""


class _Findings:
    """A list of findings that lives as long as this object."""

    def __init__(self):
        self.list = _lib.qs_findings_new()
        self.told = 0

    def __del__(self):
        _lib.qs_findings_free(self.list)

    def check(self, status):
        if status == _STATUS_OK:
            return
        n = _lib.qs_findings_count(self.list)
        messages = [_lib.qs_findings_at(self.list, i).contents.message.decode() for i in range(self.told, n)]
        self.told = n
        raise Error("; ".join(messages) or _lib.qs_status_text(status).decode())


class Spec:
    """The parameters of a tensor by their names in a config; those left out have their defaults."""

    def __init__(self, kind="activation", **params):
        defaults = {"method": "maxmin", "scale_type": "float", "calib_statistic_method": "max",
                    "round_mode": "half_even"}
        config = {"target_device": "FLEXML", "overall_quantize_config": {**defaults, **params}}
        text = json.dumps(config).encode()
        findings, source, policy = _Findings(), _P(), _P()
        findings.check(_lib.qs_source_new(b"spec", text, len(text), ctypes.byref(source)))
        try:
            findings.check(_lib.qs_policy_read(source, findings.list, ctypes.byref(policy)))
            self.struct = _lib.qs_policy_model_spec(policy, _KINDS.index(kind))
        finally:
            _lib.qs_policy_free(policy)
            _lib.qs_source_free(source)


class Node:
    """A fake-quantize node: an observer and a quantizer at one tensor.

    `axis` is that of the channels, for a spec with per_channel. `scale` fixes the scales, so that
    nothing is observed.
    """

    def __init__(self, spec, scale_law=QMAX, averaging=0.0, channels=1, axis=0, scale=None, zero_point=None):
        self._findings = _Findings()
        self._per_channel, self._axis, self._node = spec.struct.per_channel, axis, _P()
        self._name = b"tensor"
        observation = _Observation(channels, False, scale_law,
                                   _Subject(self._name, _Place(), self._findings.list), averaging)
        self._findings.check(_lib.qs_node_new(_registry, ctypes.byref(spec.struct), ctypes.byref(observation),
                                              ctypes.byref(self._node)))
        self.state = CALIBRATION
        if scale is not None:
            self._fix(scale, zero_point)

    def __del__(self):
        _lib.qs_node_free(self._node)

    def _fix(self, scale, zero_point):
        scales = numpy.ascontiguousarray(numpy.atleast_1d(scale), dtype=numpy.float64)
        points = numpy.zeros(scales.size, numpy.int64)
        if zero_point is not None:
            points[:] = zero_point
        self._findings.check(_lib.qs_node_fix(
            self._node, scales.size, scales.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
            points.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))))
        self.state = VALIDATION

    def _layout(self, shape):
        if not self._per_channel:
            return _Layout(1, 1, int(numpy.prod(shape, dtype=numpy.int64)))
        before, after = shape[:self._axis], shape[self._axis + 1:]
        return _Layout(int(numpy.prod(before, dtype=numpy.int64)), shape[self._axis],
                       int(numpy.prod(after, dtype=numpy.int64)))

    def __call__(self, values):
        """What becomes of an array in the node's state, as a new float32 array."""
        values = numpy.ascontiguousarray(values, dtype=numpy.float32)
        out, counts = numpy.empty_like(values), _Counts()
        _lib.qs_node_set_state(self._node, self.state)
        self._findings.check(_lib.qs_node_run(self._node, self._layout(values.shape), values.ctypes.data,
                                              out.ctypes.data, ctypes.byref(counts)))
        return out

    @property
    def qparams(self):
        """(scales, zero points, quant_min, quant_max), or None while nothing is known."""
        found = _lib.qs_node_qparams(self._node)
        if not found:
            return None
        q = found.contents
        return (numpy.array(q.scale[:q.n]), numpy.array(q.zero_point[:q.n]), q.quant_min, q.quant_max)


def fake_quantize(values, spec, scale, zero_point=None, axis=0):
    """Quantizes and dequantizes an array with given scales."""
    return Node(spec, channels=numpy.size(scale), axis=axis, scale=scale, zero_point=zero_point)(values)


def straight_through(node, tensor):
    """Fake-quantizes a torch tensor by a node; gradients pass where nothing was cut off."""
    import torch

    class Pass(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = torch.from_numpy(node(x.detach().cpu().numpy()))
            if node.qparams is None or node.state == CALIBRATION:
                mask = torch.ones_like(x, dtype=torch.bool)
            else:
                scale, zero_point, low, high = node.qparams
                shape = [1] * x.dim()
                if scale.size > 1:
                    shape[node._axis] = scale.size
                amp = torch.from_numpy((1.0 / scale).astype(numpy.float32)).reshape(shape)
                codes = torch.round(x.detach().cpu() * amp) + torch.from_numpy(zero_point).reshape(shape)
                mask = (codes >= low) & (codes <= high)
            ctx.save_for_backward(mask.to(x.device))
            return y.to(x.device)

        @staticmethod
        def backward(ctx, gradient):
            return gradient * ctx.saved_tensors[0]

    return Pass.apply(tensor)
