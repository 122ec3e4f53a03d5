"""The frozen backbones of the trunk benchmark in plain PyTorch, layer by layer Keras's: ResNet50 (v1) and InceptionV3
until mixed7. Their heads are trained. Works with PyTorch 1.13 (Debian 12) and 2.x."""

import torch
from torch import nn

# Pixels of a picture, classes (1: yes or no), parameters of the backbone as Keras counts them.
SIZES = {"resnet50": (224, 10, 23_587_712), "inception_v3": (150, 1, 8_975_264)}


def conv(channels, filters, kernel, stride=1, padding=0, bias=False):
    return nn.Conv2d(channels, filters, kernel, stride, padding, bias=bias)


def conv_norm(channels, filters, kernel, stride=1, padding=0, bias=False, epsilon=1e-3):
    return nn.Sequential(conv(channels, filters, kernel, stride, padding, bias), nn.BatchNorm2d(filters, eps=epsilon))


def conv_norm_relu(*arguments, **options):
    return conv_norm(*arguments, **options).append(nn.ReLU(inplace=True))


class Bottleneck(nn.Module):
    """He et al.'s first version, as in Keras: the stride stands in the first 1x1 convolution."""

    def __init__(self, channels, filters, stride, has_projection):
        super().__init__()
        options = {"bias": True, "epsilon": 1.001e-5}
        self.conv1 = conv_norm_relu(channels, filters, 1, stride, **options)
        self.conv2 = conv_norm_relu(filters, filters, 3, 1, 1, **options)
        self.conv3 = conv_norm(filters, 4 * filters, 1, **options)
        self.projection = conv_norm(channels, 4 * filters, 1, stride, **options) if has_projection else nn.Identity()

    def forward(self, x):
        return torch.relu_(self.conv3(self.conv2(self.conv1(x))) + self.projection(x))


def resnet50():
    layers = [conv_norm_relu(3, 64, 7, 2, 3, bias=True, epsilon=1.001e-5), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            filters = 64 << stage
            layers.append(Bottleneck(channels, filters, 2 if block == 0 and stage > 0 else 1, block == 0))
            channels = 4 * filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


def chain(channels, *convolutions):
    """Convolutions (filters, kernel) one after the other, all of the picture's size."""
    layers = []
    for filters, kernel in convolutions:
        kernel = (kernel, kernel) if isinstance(kernel, int) else kernel
        layers.append(conv_norm_relu(channels, filters, kernel, 1, (kernel[0] // 2, kernel[1] // 2)))
        channels = filters
    return nn.Sequential(*layers)


class Branches(nn.Module):
    """Several ways from one input, their channels beside each other."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


def pooled(channels, filters):
    return nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), *chain(channels, (filters, 1)))


def inception_v3():
    stem = [
        conv_norm_relu(3, 32, 3, 2),
        conv_norm_relu(32, 32, 3),
        conv_norm_relu(32, 64, 3, 1, 1),
        nn.MaxPool2d(3, 2),
        conv_norm_relu(64, 80, 1),
        conv_norm_relu(80, 192, 3),
        nn.MaxPool2d(3, 2),
    ]
    mixed, channels = [], 192
    for pool in (32, 64, 64):
        ways = chain(channels, (64, 1)), chain(channels, (48, 1), (64, 5)), chain(channels, (64, 1), (96, 3), (96, 3))
        mixed.append(Branches(*ways, pooled(channels, pool)))
        channels = 224 + pool
    shrinking = nn.Sequential(*chain(channels, (64, 1), (96, 3)), conv_norm_relu(96, 96, 3, 2))
    mixed.append(Branches(conv_norm_relu(channels, 384, 3, 2), shrinking, nn.MaxPool2d(3, 2)))
    for c in (128, 160, 160, 192):
        seven = chain(768, (c, 1), (c, (1, 7)), (192, (7, 1)))
        twice = chain(768, (c, 1), (c, (7, 1)), (c, (1, 7)), (c, (7, 1)), (192, (1, 7)))
        mixed.append(Branches(chain(768, (192, 1)), seven, twice, pooled(768, 192)))
    return nn.Sequential(*stem, *mixed, nn.Flatten())


def backbone(name):
    network = {"resnet50": resnet50, "inception_v3": inception_v3}[name]()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")
    return network.eval()


def parameter_count(name, network):
    """As Keras counts: running statistics too; InceptionV3's batch normalizations have no scale."""
    counts = sum(parameter.numel() for parameter in network.parameters())
    channels = sum(m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d))
    return counts + (2 if name == "resnet50" else 1) * channels


def head(name):
    if name == "resnet50":
        return nn.Linear(2048, SIZES[name][1])
    return nn.Sequential(nn.Linear(7 * 7 * 768, 1024), nn.ReLU(inplace=True), nn.Linear(1024, 1))
