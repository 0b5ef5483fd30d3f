// Text for models that read tokens: a file, a word of the command line, or an array of numbers.

import Perceiver
import Tensors

extension InputReader {
  /// Reads tokens: an array of whole numbers, or a text's bytes where those are the model's tokens.
  ///
  /// What is longer than the model reads is cut into windows, and that is said.
  ///
  /// - Throws: `InputFailure` with the file.
  public func readTokens(
    _ source: InputSource, for demand: TextDemand, window: Int? = nil
  ) throws -> Input {
    let files = InputFiles(source)
    return try InputFailure.about(source.name) {
      let bytes =
        switch source.named {
        case .text(let text): Array(text.utf8)
        case .files(let paths):
          throw InputFailure(
            .usage, paths.dropFirst().first ?? "", "expected one input, found \(paths.count)")
        case .file(let path): try unpacked(files.stream(path).rest())
        case .kept: preconditionFailure("what is kept is a file or files")
        }
      let place = Place(
        name: source.name, source: files.source(source), form: demand,
        window: window ?? options.window)
      let tokenizer = demand.form.map { ByteTokenizer($0) }
      guard case .file = source.named, NumPyFile.isNumPy(bytes) else {
        guard let tokenizer else {
          throw InputFailure(
            .badData, source.name,
            "expected an array of tokens' numbers (.npy) from 0 to \(demand.vocabulary - 1), found "
              + "text: how it becomes tokens is known of bytes alone, a vocabulary of 262")
        }
        return text(bytes, place, tokenizer)
      }
      return try numbers(bytes, place, tokenizer)
    }
  }

  /// Where tokens are from, and which of them are wanted.
  private struct Place {
    /// What the text is called.
    let name: String
    /// What opens it again.
    let source: InputSource?
    /// How it becomes tokens.
    let form: TextDemand
    /// The part, from 0.
    let window: Int
  }

  private func text(_ bytes: [UInt8], _ place: Place, _ tokenizer: ByteTokenizer) -> Input {
    let (tokens, range, count, windows) = tokenizer.tokens(
      of: bytes, longest: place.form.longest, window: place.window)
    var notes: [InputNote] = []
    if let offset = bytes.firstOutsideUTF8 {
      notes.append(
        InputNote(
          brief: "not UTF-8",
          detail: "from byte \(offset) on; such bytes are read as they are, a token each"))
    }
    if windows > 1 {
      notes.append(Self.tokensNote(range, of: count, windows: windows))
    }
    return Input(
      name: place.name,
      tensor: Tensor(shape: [tokens.numbers.count], values: tokens.numbers.map { Float($0) }),
      content: .text(tokens.text), notes: notes, source: place.source, demand: demand(place.form),
      window: InputWindow(place.window, of: windows))
  }

  /// What a text was read for, and how.
  private func demand(_ text: TextDemand) -> InputDemand {
    var demand = InputDemand()
    (demand.text, demand.reading) = (text, options.ofAnyPart)
    return demand
  }

  private func numbers(
    _ bytes: [UInt8], _ place: Place, _ tokenizer: ByteTokenizer?
  ) throws -> Input {
    let tensor = try NumPyFile.tensor(bytes)
    guard tensor.shape.count == 1 else {
      throw InputFailure(
        .badData, place.name, "expected one axis of tokens, found shape \(tensor.shape)")
    }
    let (range, windows) = Self.frames(
      of: tensor.count, window: place.window, length: place.form.longest)
    let numbers = Array(tensor.values[range])
    let notes = windows > 1 ? [Self.tokensNote(range, of: tensor.count, windows: windows)] : []
    let whole = numbers.map { Int(exactly: $0) }
    // Special tokens have names; bytes of a file that someone tokenized are a text again.
    let text =
      if let tokenizer, tokenizer.hasSpecials, whole.allSatisfy({ $0 != nil }) {
        tokenizer.text(of: whole.compactMap { $0 })
      } else {
        TokenText(numbers: numbers)
      }
    return Input(
      name: place.name, tensor: Tensor(shape: [numbers.count], values: numbers),
      content: .text(text), notes: notes, source: place.source, demand: demand(place.form),
      window: InputWindow(place.window, of: windows),
      whole: windows > 1 ? tensor : nil)
  }

  /// Which tokens are read of how many.
  private static func tokensNote(
    _ range: Range<Int>, of count: Int, windows: Int
  ) -> InputNote {
    InputNote(
      brief: range.lowerBound == 0
        ? "the first \(range.count) of \(count)"
        : "\(range.lowerBound + 1) to \(range.upperBound) of \(count)",
      detail: "tokens: the model reads no more; --window 2"
        + (windows > 2 ? " to \(windows)" : "") + " reads the others")
  }
}

extension [UInt8] {
  /// Where the first byte stands, from 0, that is no part of a character in UTF-8; nil if all are.
  fileprivate var firstOutsideUTF8: Int? {
    var (bytes, decoder, offset) = (makeIterator(), Unicode.UTF8(), 0)
    while true {
      switch decoder.decode(&bytes) {
      case .scalarValue(let character): offset += Unicode.UTF8.width(character)
      case .emptyInput: return nil
      case .error: return offset
      }
    }
  }
}
