// A configuration of any family as one type, and the questions that everyone may ask of it.

import Tensors

/// The hyperparameters of a model of any family.
public struct ModelConfiguration: Sendable, Hashable {
  /// The family's own configuration.
  var base: any FamilyConfiguration

  init(_ base: some FamilyConfiguration) { self.base = base }

  public static func == (left: ModelConfiguration, right: ModelConfiguration) -> Bool {
    left.base.isEqual(to: right.base)
  }

  public func hash(into hasher: inout Hasher) { base.hash(into: &hasher) }
}

extension ModelConfiguration {
  /// What people call the model: `Perceiver IO`.
  public var title: String { base.title }
  /// One word for it, in names of files: `io`.
  public var word: String { base.word }
  /// What it reads.
  public var input: InputForm { base.input }
  /// Rows of the latent array.
  public var numLatents: Int { base.latents.count }
  /// Its stages in order, before anything is built; a run that asks no decoder has all but the last.
  package var stageIDs: [StageID] { base.stages.map(\.id) }
  /// Classes that its output scores; nil where it is no classifier.
  public var classCount: Int? { base.classCount }
  /// How its logits are read.
  public var problem: ProblemType { base.problem }
  /// How text becomes numbers of tokens; nil of models that read data.
  public var textForm: TextForm? { base.textForm }
  /// The photo processor's own JSON, of models whose folder may hold one; an empty object for the
  /// class's defaults. Nil where photos are prepared by `preprocessing`.
  public var photoProcessor: JSONValue? { base.photoProcessor }
  /// Pictures and sound that it reads together; nil of models that read one thing.
  public var media: MediaForm? { base.media }
  /// What a decoder is asked where nobody says otherwise.
  public var ownQueries: OutputQueries { base.ownQueries }
  /// Channels of the output at every position of the input; nil where it has no outputs of
  /// positions.
  public var positionOutputs: Int? { base.positionOutputs }
  /// Channels of queries that a person can give; nil where none can be given.
  public var queryChannels: Int? { base.queries.givenChannels }
  /// Features of a position of the input, where a decoder can be asked for positions; nil where it
  /// cannot.
  public var positionFeatures: Int? {
    guard case .given(_, let positions) = base.queries else { return nil }
    return inputAxes * positions.features
  }
  /// Whether an untrained model can be drawn.
  public var isDrawable: Bool { base.isDrawable }
  /// What is computed otherwise than in the family's package, and why, a sentence each.
  public var corrections: [String] { base.corrections }

  /// What the classes are called, by number; nil where nobody said. Nothing is computed from it.
  public var classNames: [String]? {
    get { base.classNames }
    set { base.classNames = newValue }
  }

  /// How the pictures that the model has learnt became its numbers; nil where nobody said. Nothing
  /// is computed from it.
  public var preprocessing: Preprocessing? {
    get { base.preprocessing }
    set { base.preprocessing = newValue }
  }

  /// Whether it reads numbers of tokens, and not data.
  public var readsTokens: Bool {
    if case .tokens = input { true } else { false }
  }

  /// Axes of the input: 1 for tokens and audio, 2 for pictures, 3 for video.
  public var inputAxes: Int {
    if case .data(let axes, _) = input { axes } else { 1 }
  }

  /// Channels of the input; 1 for tokens.
  public var inputChannels: Int {
    if case .data(_, let channels) = input { channels } else { 1 }
  }

  /// The axes of the tokens of an input of these axes: fewer than its pixels where a layer joins
  /// some, of two frames' positions those of one. Maps over the input have this shape.
  public func tokenAxes(of axes: [Int]) -> [Int] { base.inputSide.tokenAxes(axes) }

  /// Whether the model ends in a decoder that is asked something, and not in its latents.
  public var hasDecoder: Bool { base.ending.isDecoded }

  /// Lets an untrained model read inputs of another form; a configuration that cannot stays.
  public mutating func adapt(toAxes axes: Int, channels: Int) {
    base.adapt(toAxes: axes, channels: channels)
  }

  /// Lets an untrained model tell other classes apart; a configuration that cannot stays.
  public mutating func adapt(toClasses names: [String]) { base.adapt(toClasses: names) }

  /// Lets what a decoder is asked have the channels of a position of the input, where it can.
  public mutating func fitQueriesToPositions() { base.fitQueriesToPositions() }

  /// All hyperparameters of the model's family, in the order in which they are shown.
  public var catalog: [Hyperparameter] { type(of: base).catalog }

  /// The hyperparameters that the model has.
  public var hyperparameters: [Hyperparameter] {
    catalog.filter { base.has($0) }
  }

  /// Checks that a model of this configuration can exist and fits the machine's memory.
  ///
  /// - Throws: `ConfigurationError` naming the hyperparameter, what was expected and found.
  public func validate() throws { try base.validate() }

  /// Checks that an input and a mask have the shapes that the model reads.
  ///
  /// - Throws: `ConfigurationError` with what was expected and found.
  public func check(input: Tensor, mask: TokenMask?) throws {
    try check(input: input, mask: mask, readBy: base.inputSide)
  }

  /// The same where the input side is at hand.
  func check(input: Tensor, mask: TokenMask?, readBy side: any InputSide) throws {
    try base.check(input: input)
    let axes = side.axes(of: input.shape)
    guard !axes.contains(0) else {
      throw ConfigurationError("input: expected at least one token, found shape \(input.shape)")
    }
    guard axes.reduce(1, *) <= Int(Int32.max) else {
      throw ConfigurationError(
        "input: expected at most \(Int32.max) tokens, found shape \(input.shape)")
    }
    if let mask, mask.shape != axes {
      throw ConfigurationError("mask: expected shape \(axes), found \(mask.shape)")
    }
  }
}

extension ModelConfiguration {
  private func tokenSize(_ axes: [Int]) -> TokenSize {
    let side = base.inputSide
    return side.tokenSize(side.tokenAxes(axes))
  }

  /// How the first cross-attention over an input with these axes is computed.
  public func crossAttentionMethod(inputAxes axes: [Int]) -> CrossAttentionMethod? {
    base.tokenReader?.method(queries: numLatents, tokens: tokenSize(axes))
  }

  /// Multiplications and additions that a method needs for that cross-attention's scores and
  /// averages; nil where it does not apply.
  public func crossAttentionOperations(
    _ method: CrossAttentionMethod, inputAxes axes: [Int]
  ) -> Double? {
    base.tokenReader?.operations(
      method, queries: numLatents, tokens: tokenSize(axes))
  }
}
