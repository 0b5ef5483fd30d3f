// What a family's configuration answers. Outside Families nothing asks which family, class or
// release a model is; it asks these.

import Tensors

/// A configuration of some family.
protocol FamilyConfiguration: Sendable, Hashable {
  /// The family's hyperparameters, in the order in which they are shown.
  static var catalog: [Hyperparameter] { get }
  /// Whether the model has a hyperparameter of the catalog; otherwise its value has no effect.
  func has(_ hyperparameter: Hyperparameter) -> Bool

  /// What people call the model: `Perceiver IO`.
  var title: String { get }
  /// One word for it, in names of files: `io`.
  var word: String { get }
  /// What it reads.
  var input: InputForm { get }
  /// Classes that its output scores; nil where it is no classifier.
  var classCount: Int? { get }
  /// What the classes are called, by number; nil where nobody said.
  var classNames: [String]? { get set }
  /// How its logits are read.
  var problem: ProblemType { get }
  /// How the pictures that it has learnt became its numbers; nil where nobody said.
  var preprocessing: Preprocessing? { get set }
  /// How text becomes numbers of tokens; nil of models that read data, and of those whose tokens are
  /// not bytes: they read numbers alone.
  var textForm: TextForm? { get }
  /// The photo processor's own JSON, of models whose folder may hold one; an empty object for the
  /// class's defaults. Nil where photos are prepared by `preprocessing`.
  var photoProcessor: JSONValue? { get }
  /// Pictures and sound that it reads together; nil of models that read one thing.
  var media: MediaForm? { get }
  /// What a decoder is asked where nobody says otherwise.
  var ownQueries: OutputQueries { get }
  /// Channels of the output at every position of the input; nil where it has no outputs of
  /// positions.
  var positionOutputs: Int? { get }
  /// Whether an untrained model can be drawn.
  var isDrawable: Bool { get }
  /// What is computed otherwise than in the family's package, and why, a sentence each.
  var corrections: [String] { get }

  /// Lets an untrained model read inputs of another form; a configuration that cannot stays.
  mutating func adapt(toAxes axes: Int, channels: Int)
  /// Lets an untrained model tell other classes apart; a configuration that cannot stays.
  mutating func adapt(toClasses names: [String])
  /// Lets what a decoder is asked have the channels of a position of the input, where it can.
  mutating func fitQueriesToPositions()

  /// Checks that a model of it can exist and fits the machine's memory.
  func validate() throws
  /// Checks that data have the shape, or tokens the numbers, that the model reads.
  func check(input: Tensor) throws

  /// Checks that sound beside an input has the samples that the model reads.
  func check(sound: Tensor?, beside input: Tensor) throws
  /// The kinds of tokens of an input with these axes; none where all are of one kind.
  func modalities(of axes: [Int]) -> [Modality]

  /// The array that stages change.
  var latents: ModelPlan.LatentArray { get }
  /// How an input becomes tokens.
  var inputSide: any InputSide { get }
  /// What a decoder is asked.
  var queries: QueryPlan { get }
  /// The stages in order.
  var stages: [StagePlan] { get }
  /// What follows the last one.
  var ending: Ending { get }
  /// Which outputs an attention residual mixes.
  var mixing: ModelPlan.LayerMixing { get }
  /// Shares that training drops.
  var dropout: ModelPlan.DropoutRates { get }
  /// Every parameter of its plan, in the order in which the family's package makes them; a name may
  /// come more than once.
  func parameters(of plan: ModelPlan) -> [ParameterSpecification]
  /// Distinct parameters, as a double, which no configuration can overflow.
  var parameterCount: Double { get }
  /// The first attention that reads the input's tokens.
  var tokenReader: AttentionBlock? { get }
  /// The name under which a parameter stands where layers share theirs.
  func storedName(of name: String) -> String
}

extension FamilyConfiguration {
  func has(_ hyperparameter: Hyperparameter) -> Bool {
    Self.catalog.contains { $0.name == hyperparameter.name }
  }
  var problem: ProblemType { .classes }
  var textForm: TextForm? { nil }
  var photoProcessor: JSONValue? { nil }
  var media: MediaForm? { nil }
  var ownQueries: OutputQueries { .none }
  var classCount: Int? { ending.classes }
  var queries: QueryPlan { .nothing }
  var mixing: ModelPlan.LayerMixing { .none }
  var dropout: ModelPlan.DropoutRates { .init() }
  var positionOutputs: Int? { nil }
  var corrections: [String] { [] }
  mutating func adapt(toAxes axes: Int, channels: Int) {}
  func modalities(of axes: [Int]) -> [Modality] { [] }

  func check(sound: Tensor?, beside input: Tensor) throws {
    guard sound == nil else {
      throw ConfigurationError(
        "sound: expected none for a \(title), found \(sound?.count ?? 0) samples")
    }
  }
  mutating func adapt(toClasses names: [String]) {}
  mutating func fitQueriesToPositions() {}

  func parameters(of plan: ModelPlan) -> [ParameterSpecification] {
    plan.input.parameters + [plan.latents.parameter] + plan.stages.flatMap(\.parameters)
      + plan.queries.parameters + plan.ending.parameters
  }

  var parameterCount: Double { ModelPlan(ModelConfiguration(self)).parameters.elementCount }
  var tokenReader: AttentionBlock? { stages.lazy.compactMap(\.operation.tokenReader).first }
  func storedName(of name: String) -> String { name }

  func isEqual(to other: any FamilyConfiguration) -> Bool { (other as? Self) == self }
}

/// What a model reads.
public enum InputForm: Sendable, Hashable {
  /// Arrays `[…axes, channels]`: 1 axis for audio, 2 for pictures, 3 for video.
  case data(axes: Int, channels: Int)
  /// Numbers of tokens below `vocabulary`, at most `longest` of them.
  case tokens(vocabulary: Int, longest: Int)
}

/// How text becomes numbers of tokens: each byte one, and marks around them.
public struct TextForm: Sendable, Hashable {
  /// What is added to a byte.
  public let offset: Int
  /// The token before the first byte; nil for none.
  public let start: Int?
  /// The token behind the last byte; nil for none.
  public let end: Int?
  /// The token that stands for a byte which the model is to find; nil where there is none.
  public let mask: Int?
  /// What stands in a text for the tokens from 0 on that are no bytes: `[PAD]`, `[MASK]`.
  public let specials: [String]
  /// The most tokens that its tokenizer makes of a text; nil where it does not say.
  public var longest: Int?

  /// A form of text.
  public init(offset: Int, start: Int?, end: Int?, mask: Int?, specials: [String]) {
    (self.offset, self.start, self.end) = (offset, start, end)
    (self.mask, self.specials) = (mask, specials)
  }
}

extension TextForm {
  /// What a token that is no byte is called: `[MASK]`, or its number in brackets.
  package func name(of token: Int) -> String {
    specials.indices.contains(token) ? specials[token] : "[\(token)]"
  }

  /// A token in a few printable characters: a letter as it is, a byte that is none by what it does or
  /// its number, others by their names.
  public func shown(_ token: Int) -> String {
    guard token >= offset, let byte = UInt8(exactly: token - offset) else { return name(of: token) }
    return switch byte {
    case 0x20: "space"
    case 0x0A: "\\n"
    case 0x0D: "\\r"
    case 0x09: "\\t"
    case 0x21...0x7E: String(UnicodeScalar(byte))
    default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
  }
}

/// How a classifier's logits are read.
public enum ProblemType: Sendable, Hashable {
  /// One class is right: softmax.
  case classes
  /// Any of the classes may be: a sigmoid each.
  case labels
  /// They are numbers themselves.
  case values
}
