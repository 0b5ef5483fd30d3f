// Gradients over an input: the slope of what is explained by every number that the model reads.
// Only the data has a slope, position features are constants. IntegratedGradients and
// SmoothGradient are means of these.

import Tensors

/// The gradient of what is explained by the input's data: ∂y/∂x (Simonyan, Vedaldi & Zisserman
/// 2014).
public struct InputGradient: ClaimingQuestion {
  /// What is explained.
  public let target: ExplanationTarget

  public init(of target: ExplanationTarget) { self.target = target }

  /// ∂y/∂x: `[…axes, channels]`; of a language model by its embedded tokens.
  ///
  /// - Throws: As `map` does.
  public func gradient(_ run: PerceiverRun, cancellation: Cancellation? = nil) throws -> Tensor {
    let run = try run.completed(cancellation: cancellation)
    return try run.inputGradient(of: run.resolve(target), cancellation: cancellation)
  }

  /// Its size at every token: the largest |∂y/∂x| of the channels, `[…axes]`.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    let run = try run.completed(cancellation: cancellation)
    let target = try run.resolve(target)
    let gradient = try run.inputGradient(of: target, cancellation: cancellation)
    return ExplanationMap(
      gradient.reducingChannels { $0.reduce(0) { max($0, abs($1)) } }, sign: .positive,
      sentence: claim(target.subject(run.tokenWords)).whole + ".")
  }

  package func claim(_ subject: MapSubject) -> MapClaim { subject.change }
}

/// Gradient × input: how much the input differs from a baseline, times the slope, summed over
/// channels: Σ_c (x − b)_c ∂y/∂x_c.
public struct GradientTimesInput: ClaimingQuestion {
  /// What is explained.
  public let target: ExplanationTarget
  /// The value of every channel that the input is compared with; 0 where the scale has its zero,
  /// mid-grey for most pictures. Of a language model not used: its tokens are compared with 0.
  public let baseline: Float

  public init(of target: ExplanationTarget, baseline: Float = 0) {
    (self.target, self.baseline) = (target, baseline)
  }

  /// `[…axes]`.
  public func map(_ run: PerceiverRun, cancellation: Cancellation?) throws -> ExplanationMap {
    let run = try run.completed(cancellation: cancellation)
    let target = try run.resolve(target)
    let gradient = try run.inputGradient(of: target, cancellation: cancellation)
    let input = run.differentiableInput()
    return ExplanationMap(
      gradient.channelProducts(with: input, less: baseline), sign: .signed,
      sentence: claim(target.subject(run.tokenWords)).whole
        + ", by their slope, against a ground of \(baseline.words).")
  }

  package func claim(_ subject: MapSubject) -> MapClaim { subject.raise }
}

extension PerceiverRun {
  /// ∂y/∂x, `[…axes, channels]`.
  func inputGradient(of target: ResolvedTarget, cancellation: Cancellation?) throws -> Tensor {
    let gradients = try gradients(of: [.input], cancellation: cancellation) {
      target.direction($0)
    }
    // Nothing of an input that hangs on nothing is marked.
    return gradients.input ?? Tensor(shape: differentiableInput().shape)
  }

  /// What gradients of the input are gradients by: the data, or of a language model the embedded
  /// tokens.
  func differentiableInput() -> Tensor {
    readsTokenNumbers ? input.data ?? request.input : request.input
  }

  /// Whether the input is numbers of tokens, `[tokens]`, and not data with channels.
  var readsTokenNumbers: Bool { request.input.shape.count == 1 }
}

extension Tensor {
  /// A number for each row of channels: `[…axes, channels]` to `[…axes]`.
  func reducingChannels(_ reduce: (UnsafeBufferPointer<Float>) -> Float) -> Tensor {
    let channels = shape[shape.count - 1]
    return Tensor(shape: Array(shape.dropLast())) { out in
      withUnsafeElements { elements in
        for index in out.indices {
          out[index] = reduce(
            UnsafeBufferPointer(rebasing: elements[index * channels..<(index + 1) * channels]))
        }
      }
    }
  }

  /// Σ_c self_c · (other − baseline)_c: `[…axes]`.
  func channelProducts(with other: Tensor, less baseline: Float) -> Tensor {
    let channels = shape[shape.count - 1]
    return Tensor(shape: Array(shape.dropLast())) { out in
      withUnsafeElements { mine in
        other.withUnsafeElements { theirs in
          for index in out.indices {
            var sum = 0.0
            for number in index * channels..<(index + 1) * channels {
              sum += Double(mine[number]) * (Double(theirs[number]) - Double(baseline))
            }
            out[index] = Float(sum)
          }
        }
      }
    }
  }
}

extension Float {
  /// As people write it: `0`, `-1`, `0.25`.
  var words: String { self == rounded() && abs(self) < 1e6 ? "\(Int(self))" : "\(self)" }
}
