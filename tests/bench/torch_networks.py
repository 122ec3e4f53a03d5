"""The networks of the engine's benchmark in plain PyTorch: layer by layer those of networks.cpp.

Works with PyTorch 1.13 (Debian 12) and 2.x. The numbers of parameters are pinned (engine_suite.py, networks_test.cpp).
"""

import torch
from torch import nn

MOMENTUM, LEARNING_RATE = 0.9, 0.001
SIZES = {"fcn8": (2, 224, 21), "resnet50": (16, 224, 1000), "unet": (8, 128, 21)}  # batch, pixels, classes


def conv(channels, filters, kernel=1, stride=1, bias=False):
    return nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=bias)


def conv_norm(*arguments, **options):
    layer = conv(*arguments, **options)
    return nn.Sequential(layer, nn.BatchNorm2d(layer.out_channels))


def conv_norm_relu(*arguments, **options):
    return conv_norm(*arguments, **options).append(nn.ReLU(inplace=True))


def conv_transpose(channels, filters, kernel, stride, bias=False):
    return nn.ConvTranspose2d(channels, filters, kernel, stride, (kernel - stride) // 2, bias=bias)


class Bottleneck(nn.Module):
    def __init__(self, channels, filters, stride, has_projection):
        super().__init__()
        self.conv1 = conv_norm_relu(channels, filters)
        self.conv2 = conv_norm_relu(filters, filters, 3, stride)
        self.conv3 = conv_norm(filters, 4 * filters)
        self.projection = conv_norm(channels, 4 * filters, 1, stride) if has_projection else nn.Identity()

    def forward(self, x):
        return torch.relu_(self.conv3(self.conv2(self.conv1(x))) + self.projection(x))


class ResNet50(nn.Sequential):
    """The stride stands in the 3x3 convolutions ("v1.5")."""

    def __init__(self, classes):
        layers, channels = [conv_norm_relu(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)], 64
        for stage, blocks in enumerate((3, 4, 6, 3)):
            for block in range(blocks):
                filters = 64 << stage
                layers.append(Bottleneck(channels, filters, 2 if block == 0 and stage > 0 else 1, block == 0))
                channels = 4 * filters
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


def double_conv(channels, filters):
    return nn.Sequential(conv_norm_relu(channels, filters, 3), conv_norm_relu(filters, filters, 3))


class UNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        filters = [64 << depth for depth in range(4)]
        self.down = nn.ModuleList(double_conv(c, f) for c, f in zip([3, *filters], filters))
        self.pool = nn.MaxPool2d(2)
        self.bottom = double_conv(512, 1024)
        self.grow = nn.ModuleList(conv_transpose(2 * f, f, 2, 2, bias=True) for f in reversed(filters))
        self.up = nn.ModuleList(double_conv(2 * f, f) for f in reversed(filters))
        self.classes = conv(64, classes, bias=True)

    def forward(self, x):
        skips = []
        for down in self.down:
            skips.append(down(x))
            x = self.pool(skips[-1])
        x = self.bottom(x)
        for grow, up in zip(self.grow, self.up):
            x = up(torch.cat([skips.pop(), grow(x)], 1))
        return self.classes(x)


class FCN8(nn.Module):
    """VGG16 with scores at strides 8, 16 and 32; without dropout."""

    def __init__(self, classes):
        super().__init__()
        blocks, channels = [], 3
        for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
            layers = []
            for _ in range(count):
                layers += [conv(channels, filters, 3, bias=True), nn.ReLU(inplace=True)]
                channels = filters
            blocks.append(nn.Sequential(*layers, nn.MaxPool2d(2)))
        self.to_pool3, self.to_pool4, self.to_pool5 = nn.Sequential(*blocks[:3]), blocks[3], blocks[4]
        self.head = nn.Sequential(
            conv(512, 4096, 7, bias=True),
            nn.ReLU(inplace=True),
            conv(4096, 4096, bias=True),
            nn.ReLU(inplace=True),
            conv(4096, classes, bias=True),
        )
        self.score_pool3, self.score_pool4 = conv(256, classes, bias=True), conv(512, classes, bias=True)
        self.up2, self.up4 = conv_transpose(classes, classes, 4, 2), conv_transpose(classes, classes, 4, 2)
        self.up8 = conv_transpose(classes, classes, 16, 8)

    def forward(self, x):
        pool3 = self.to_pool3(x)
        pool4 = self.to_pool4(pool3)
        x = self.up2(self.head(self.to_pool5(pool4))) + self.score_pool4(pool4)
        return self.up8(self.up4(x) + self.score_pool3(pool3))


def build(name, classes=None):
    """The network with He et al.'s uniform weights, biases 0."""
    network = {"fcn8": FCN8, "resnet50": ResNet50, "unet": UNet}[name](classes or SIZES[name][2])
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network


def parameter_count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def sgd(network):
    """SGD with momentum, in one pass over each parameter where this PyTorch can (2.4 and later, on the CPU)."""
    options = {"lr": LEARNING_RATE, "momentum": MOMENTUM}
    try:
        return torch.optim.SGD(network.parameters(), **options, fused=True)
    except (TypeError, RuntimeError):
        return torch.optim.SGD(network.parameters(), **options)


def batch_of(name, batch, pixels, seed):
    """(images, labels): a class a picture, or one a pixel; noise, like normalized pictures."""
    random = torch.Generator().manual_seed(seed)
    images = 4 * torch.rand(batch, 3, pixels, pixels, generator=random) - 2
    shape = (batch,) if name == "resnet50" else (batch, pixels, pixels)
    return images, torch.randint(SIZES[name][2], shape, generator=random)


def loss_of(logits, labels):
    return nn.functional.cross_entropy(logits.float(), labels)
