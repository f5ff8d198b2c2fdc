# SPDX-License-Identifier: Apache-2.0
"""Tests of qstrata.py: by NumPy alone, and where there is PyTorch, against its own fake_quantize."""
import sys

import numpy

import qstrata

rng = numpy.random.default_rng(1)
data = rng.normal(0, 2, (16, 33)).astype(numpy.float32)


def reference(x, scale, zero_point, low, high):
    amp = numpy.float32(1 / scale)
    codes = numpy.clip(numpy.rint(x * amp) + zero_point, low, high)
    return ((codes - zero_point).astype(numpy.float32) * (numpy.float32(1) / amp)).astype(numpy.float32)


def test_a_given_scale():
    for width in (2, 4, 8, 16):
        spec = qstrata.Spec(bit_width=width)
        for scale in (0.01, 0.3, 0.5):
            expected = reference(data, scale, 0, -2 ** (width - 1), 2 ** (width - 1) - 1)
            assert (qstrata.fake_quantize(data, spec, scale) == expected).all()
    spec = qstrata.Spec(symmetry=False)
    assert (qstrata.fake_quantize(data, spec, 0.05, 120) == reference(data, 0.05, 120, 0, 255)).all()


def test_states():
    node = qstrata.Node(qstrata.Spec(), scale_law=qstrata.HALF_SPAN, averaging=0.01)
    assert (node(data) == data).all()
    assert node.qparams[0][0] == abs(data).max() / numpy.float64(127.5)
    node.state = qstrata.VALIDATION
    scale = node.qparams[0][0]
    assert (node(data * 2) == reference(data * 2, scale, 0, -128, 127)).all()
    assert node.qparams[0][0] == scale
    node.state = qstrata.QAT
    node(data * 2)
    assert node.qparams[0][0] > scale


def test_channels():
    spec = qstrata.Spec(kind="weights", per_channel=True)
    node = qstrata.Node(spec, channels=16)
    node.state = qstrata.QAT
    y = node(data)
    scales = abs(data).max(1) / numpy.float32(127)
    assert (node.qparams[0] == scales.astype(numpy.float64)).all()
    for row, scale, found in zip(data, scales.astype(numpy.float64), y):
        assert (found == reference(row, scale, 0, -128, 127)).all()


def test_refusals():
    for make in (lambda: qstrata.Spec(bit_width=99), lambda: qstrata.Spec(method="magic"),
                 lambda: qstrata.Node(qstrata.Spec(method="mse"), averaging=0.5),
                 lambda: qstrata.Node(qstrata.Spec())(numpy.array([numpy.nan]))):
        try:
            make()
        except qstrata.Error as error:
            assert str(error)
        else:
            raise AssertionError("not refused")


def test_torch():
    import torch

    torch.set_num_threads(1)
    for scale, zero_point, spec, low, high in (
            (0.031, 0, qstrata.Spec(), -128, 127), (0.017, 0, qstrata.Spec(bit_width=4), -8, 7),
            (0.0625, 100, qstrata.Spec(symmetry=False), 0, 255), (2.0 ** -7, 0, qstrata.Spec(), -128, 127)):
        scale = float(numpy.float32(scale))
        x = torch.from_numpy(data.copy()).requires_grad_()
        theirs = torch.fake_quantize_per_tensor_affine(x, scale, zero_point, low, high)
        theirs.backward(torch.arange(data.size).reshape(data.shape).float())
        gradient, x.grad = x.grad, None
        ours = qstrata.straight_through(qstrata.Node(spec, scale=scale, zero_point=zero_point), x)
        ours.backward(torch.arange(data.size).reshape(data.shape).float())
        # Their step is the scale, ours the reciprocal of its reciprocal: at most one bit apart.
        a, b = theirs.detach().numpy(), ours.detach().numpy()
        assert (abs(a - b) <= numpy.spacing(abs(a))).all()
        assert (numpy.rint(a / scale) == numpy.rint(b / scale)).all()
        assert (x.grad == gradient).all()
    # With a power of two there is nothing between them.
    assert (a == b).all()


if __name__ == "__main__":
    test_a_given_scale()
    test_states()
    test_channels()
    test_refusals()
    print("numpy: fine")
    try:
        import torch  # noqa: F401
    except ImportError:
        print("torch: skipped, there is no PyTorch")
        sys.exit()
    test_torch()
    print("torch: fine")
