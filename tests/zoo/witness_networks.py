"""The zoo's networks as Keras and torchvision build them: layers with output shapes, and tensors by thaw's names."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import torchvision  # noqa: E402
from keras import applications  # noqa: E402

KERAS = {
    "resnet50": (applications.ResNet50, applications.resnet),
    "resnet101": (applications.ResNet101, applications.resnet),
    "resnet152": (applications.ResNet152, applications.resnet),
    "inception_v3": (applications.InceptionV3, applications.inception_v3),
    "vgg16": (applications.VGG16, applications.vgg16),
    "vgg19": (applications.VGG19, applications.vgg19),
    "mobilenet_v1": (applications.MobileNet, applications.mobilenet),
    "mobilenet_v2": (applications.MobileNetV2, applications.mobilenet_v2),
    "efficientnet_b0": (applications.EfficientNetB0, applications.efficientnet),
    "densenet121": (applications.DenseNet121, applications.densenet),
}
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pixels
TORCHVISION = ("resnet18", "resnet34", "squeezenet1_0", "squeezenet1_1")


class Witness:
    """One network: `layers` {name: shape, channels first}, `tensors` {thaw's name: array}, `run(pixels of 0..1)`."""

    def __init__(self, layers, tensors, run):
        self.layers, self.tensors, self.run = layers, tensors, run


def build(name, size, classes, rng):
    """The network with its classifier, its weights drawn anew."""
    scale = {"resnet": 0.4, "effici": 0.9}.get(name[:6], 1)  # what residual blocks add piles up
    if name in TORCHVISION:
        model = getattr(torchvision.models, name)(weights=None, num_classes=classes)
        return _torch_witness(model, size, rng, scale)
    keras.backend.clear_session()
    if name in ("resnet20", "resnet32", "resnet44", "resnet56"):
        model = _cifar_resnet((int(name[-2:]) - 2) // 6, size, classes)
        return _keras_witness(model, lambda pixels: pixels / 255, rng, scale)
    more = {"alpha": int(name[-3:]) / 100} if name.startswith("mobilenet_v1_") else {}
    network, module = KERAS["mobilenet_v1" if more else name]
    model = network(weights=None, include_top=True, classes=classes, input_shape=(*size, 3), **more)
    return _keras_witness(model, module.preprocess_input, rng, scale)


def _cifar_resnet(blocks, size, classes):
    """ResNet v1 as in Keras's example for CIFAR-10."""
    layers = keras.layers

    def convolution(x, filters, kernel=3, strides=1):
        return layers.Conv2D(filters, kernel, strides=strides, padding="same")(x)

    def normalized(x):
        return layers.BatchNormalization()(x)

    inputs = keras.Input((*size, 3))
    x = layers.Activation("relu")(normalized(convolution(inputs, 16)))
    for stage in range(3):
        filters = 16 << stage
        for block in range(blocks):
            strides = 2 if stage > 0 and block == 0 else 1
            y = layers.Activation("relu")(normalized(convolution(x, filters, 3, strides)))
            y = normalized(convolution(y, filters))
            if strides == 2:
                x = convolution(x, filters, 1, 2)
            x = layers.Activation("relu")(layers.add([x, y]))
    y = layers.Flatten()(layers.AveragePooling2D(8)(x))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(y))


def _drawn(role, shape, fan_in, rng, scale):
    """Numbers that keep a deep network's values near 1 and leave none of them at its neutral value."""
    if role == "gamma":
        return scale * rng.uniform(0.5, 1.5, shape)
    if role == "moving_variance":
        return rng.uniform(0.5, 1.5, shape)
    if role in ("beta", "moving_mean", "bias"):
        return rng.normal(0, 0.1, shape)
    return rng.normal(0, np.sqrt(2 / fan_in), shape)


def _keras_witness(model, preprocess, rng, scale):
    tensors = {}
    for layer in model.layers:
        if layer.name == "normalization":
            layer.set_weights([np.array(MEAN), np.array(DEVIATION) ** 2, np.array(0)])
            continue
        values = []
        for weight in layer.weights:
            role, shape = weight.name, tuple(weight.shape)
            is_depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            fan_in = np.prod(shape[:2]) if is_depthwise else np.prod(shape[:-1])
            value = _drawn(role, shape, fan_in, rng, scale).astype(np.float32)
            if model.name.startswith("vgg") and len(shape) == 2:
                value *= np.float32(0.1)  # its pixels reach 255 and nothing normalizes
            values.append(value)
            if is_depthwise:
                role, value = "depthwise_kernel", value.transpose(2, 3, 0, 1)
            elif role == "kernel" and len(shape) == 4:
                value = value.transpose(3, 2, 0, 1)
            elif role == "kernel":
                value = _rows_of_channels(model, layer, value).T
            tensors[f"{layer.name}/{role}"] = np.ascontiguousarray(value)
        layer.set_weights(values)
    layers = {}
    for layer in model.layers:
        if isinstance(layer, keras.layers.InputLayer):
            continue
        shape = tuple(layer.output.shape[1:])
        layers[layer.name] = (shape[2], shape[0], shape[1]) if len(shape) == 3 else shape

    def run(pixels):
        return model.predict(preprocess(255 * pixels.transpose(0, 2, 3, 1)), verbose=0)

    return Witness(layers, tensors, run)


def _rows_of_channels(model, dense, kernel):
    """Keras flattens height x width x channels, thaw channels x height x width."""
    source = dense._inbound_nodes[0].input_tensors[0]._keras_history.operation
    if not isinstance(source, keras.layers.Flatten):
        return kernel
    height, width, channels = source.input.shape[1:]
    units = kernel.shape[1]
    return kernel.reshape(height, width, channels, units).transpose(2, 0, 1, 3).reshape(-1, units)


def _torch_witness(model, size, rng, scale):
    model.eval()
    tensors, layers = {}, {}
    for name, module in model.named_modules():
        roles = {"weight": "gamma" if isinstance(module, torch.nn.BatchNorm2d) else "kernel", "bias": "bias",
                 "running_mean": "moving_mean", "running_var": "moving_variance"}
        if isinstance(module, torch.nn.BatchNorm2d):
            roles["bias"] = "beta"
        for key, role in roles.items():
            tensor = getattr(module, key, None)
            if not isinstance(tensor, torch.Tensor):
                continue
            value = _drawn(role, tuple(tensor.shape), np.prod(tensor.shape[1:]), rng, scale).astype(np.float32)
            tensor.data.copy_(torch.from_numpy(value))
            tensors[f"{name}/{role}"] = value
        if isinstance(module, torch.nn.Sequential) or module is model:
            continue
        module.register_forward_hook(_note(layers, name))

    def run(pixels):
        with torch.no_grad():
            mean, deviation = (np.array(numbers, np.float32).reshape(3, 1, 1) for numbers in (MEAN, DEVIATION))
            return model(torch.from_numpy((pixels - mean) / deviation)).numpy()

    run(np.zeros((1, 3, *size), np.float32))
    return Witness(layers, tensors, run)


def _note(layers, name):
    def hook(_module, _inputs, output):
        layers.setdefault(name, tuple(output.shape[1:]))

    return hook
