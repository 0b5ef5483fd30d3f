// What is done to pictures before they are tokens, on a tape: convolution, norm, rectifier, pooling.

import Tensors

extension Variable {
  /// torch's `Conv2d` without bias of pictures `[items, height, width, channels]`:
  /// `[items, height', width', outputs]`.
  func convolution(_ weight: Variable, stride: Int, padding: Int) throws -> Variable {
    let workers = tape.workers
    let layer = Convolution(
      data: value, weight: weight.value, stride: stride, padding: padding)
    let output = try layer.output(workers: workers)
    let shape = [value.shape[0]] + layer.axes + [output.shape[1]]
    return tape.record(output.reshaped(shape), from: self, weight) { gradient in
      let parts = try layer.gradients(output: gradient.asRows, workers: workers)
      add(parts.data)
      weight.add(parts.weight)
    }
  }

  /// torch's `BatchNorm2d` in evaluation, channels last; the statistics are constants.
  func batchNorm(
    gain: Variable, bias: Variable, mean: Tensor, variance: Tensor, epsilon: Float
  ) -> Variable {
    let (x, shape) = (value.asRows, value.shape)
    let normed = x.batchNorm(
      gain: gain.value, bias: bias.value, mean: mean, variance: variance, epsilon: epsilon)
    return tape.record(normed.reshaped(shape), from: self, gain, bias) { gradient in
      let parts = x.batchNormGradients(
        gain: gain.value, mean: mean, variance: variance, epsilon: epsilon,
        output: gradient.asRows)
      add(parts.input.reshaped(shape))
      gain.add(parts.gain)
      bias.add(parts.bias)
    }
  }

  /// Negative elements as zero.
  func rectified() -> Variable {
    let x = value
    return tape.record(x.rectified(), from: self) { gradient in
      add(x.rectifiedGradient(output: gradient))
    }
  }

  /// torch's `MaxPool2d` without padding of `[items, height, width, channels]`:
  /// `[items × height' × width', channels]`.
  func maxPool(window: Int, stride: Int) -> Variable {
    let (slot, shape) = (gradientSlot, value.shape)
    let (values, positions) = value.maxPool(window: window, stride: stride)
    return tape.record(values, from: self) { gradient in
      slot?.add(gradient.spreadingMaxima(to: positions, shape: shape))
    }
  }
}
