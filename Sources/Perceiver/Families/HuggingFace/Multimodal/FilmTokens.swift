// A film as tokens: patches of sound, patches of frames, and one token in place of the label.

import Tensors

/// transformers' `PerceiverMultimodalPreprocessor`: each part filled up to one width with numbers that
/// the model has learnt; the label's token is learnt whole, whatever the label is.
struct FilmTokens: InputSide {
  let shape: FilmShape
  /// What the parameters' names begin with.
  let name: String

  private func padding(_ part: FilmShape.Part) -> String { "\(name)padding.\(part.rawValue)" }
  private func mask(_ part: FilmShape.Part) -> String { "\(name)mask.\(part.rawValue)" }

  var parameters: [ParameterSpecification] {
    FilmShape.Part.allCases.map { part in
      ParameterSpecification(
        name: padding(part), shape: [1, shape.tokenWidth - shape.width(part)],
        initialisation: .normal)
    }
      + FilmShape.Part.allCases.map { part in
        // Those of sound and frames are drawn from in training alone.
        ParameterSpecification(
          name: mask(part), shape: [1, shape.tokenWidth], initialisation: .normal)
      }
  }

  var keptChannels: Int { shape.tokenWidth }

  func tokenSize(_ axes: [Int]) -> TokenSize {
    TokenSize(axes: axes, channels: shape.tokenWidth, features: 0)
  }

  /// Those of frames; sound has some along its own axis.
  func encodedPositions(_ axes: [Int]) -> [EncodedAxis] {
    guard shape.tokens(axes) != nil else { return [] }
    return EncodedAxis.axes(
      [axes[0], axes[1] / FilmShape.side, axes[2] / FilmShape.side], shape.pixelPositions)
  }

  func tokenAxes(_ axes: [Int]) -> [Int] { [(shape.tokens(axes) ?? [0]).reduce(0, +)] }

  func read(_ input: PassInput, in pass: Pass) throws -> ReadInput<Variable> {
    let film = input.data.shape
    let counts = shape.tokens(Array(film[1...3])) ?? []
    let joined = JoinedTokens(items: input.items, counts: counts)
    let data = pass.differentiated(pass.tape.constant(input.data.asRows), input)
    let sounds = pass.parameter(padding(.audio))
    let pixels = pass.parameter(padding(.image))
    let label = pass.parameter(mask(.label))
    let blocks = PixelBlocks(shape: Array(film.dropFirst()), side: FilmShape.side)
    let items = (0..<input.items).map { item in
      let sound = input.sound?.row(item) ?? Tensor(shape: [counts[0] * shape.patch])
      return Tensor.joiningTokens([
        TokenKind(
          data: sound.reshaped([counts[0], shape.patch]),
          tables: [shape.soundPositions.table(length: counts[0])], filling: sounds.value),
        TokenKind(
          data: blocks.gathering(input.data.row(item)),
          tables: zip(shape.pixelPositions, blocks.axes).map { $0.table(length: $1) },
          filling: pixels.value),
        TokenKind(data: label.value, filling: Tensor(shape: [0])),
      ])
    }
    let tokens = items.count == 1 ? items[0] : Tensor.joiningRows(items)
    let slot = data.gradientSlot
    let workers = pass.tape.workers
    let rows = pass.tape.record(tokens, from: data, sounds, pixels, label) { gradient in
      if let slot {
        let frames = joined.dataGradients(of: 1, channels: blocks.columns, from: gradient)
        slot.add(Tensor.stacking(frames.map(blocks.spreading)).asRows)
      }
      for (kind, filling) in [sounds, pixels, label].enumerated() where filling.isDifferentiated {
        let own = filling.value.shape
        let sums = try joined.fillingGradient(
          of: kind, width: own[1], from: gradient, workers: workers)
        filling.add(sums.reshaped(own))
      }
    }
    return ReadInput(
      tokens: Tokens(
        data: tokens.reshaped([input.items, counts.reduce(0, +), shape.tokenWidth]), tables: [],
        masks: input.masks),
      // Gradients go on through whole tokens to the pixels in them.
      data: pass.tape.isRecording ? rows : nil,
      queries: input.queries.map { pass.tape.constant($0) })
  }
}
