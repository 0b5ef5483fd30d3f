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
    let name = source.name
    return try InputFailure.about(name) {
      let bytes =
        switch source {
        case .text(let text): Array(text.utf8)
        case .files(let paths):
          throw InputFailure(.usage, paths[1], "expected one input, found \(paths.count)")
        case .file(let path): try unpacked(InputBytes.read(path))
        }
      let tokenizer = demand.form.map { ByteTokenizer($0) }
      guard case .file = source, NumPyFile.isNumPy(bytes) else {
        guard let tokenizer else {
          throw InputFailure(
            .badData, name,
            "expected an array of tokens' numbers (.npy) from 0 to \(demand.vocabulary - 1), found "
              + "text: how it becomes tokens is known of bytes alone, a vocabulary of 262")
        }
        return text(bytes, source, tokenizer, demand.longest, window ?? options.window)
      }
      return try numbers(bytes, source, tokenizer, demand.longest, window ?? options.window)
    }
  }

  private func text(
    _ bytes: [UInt8], _ source: InputSource, _ tokenizer: ByteTokenizer, _ longest: Int,
    _ window: Int
  ) -> Input {
    let (tokens, range, count, windows) = tokenizer.tokens(
      of: bytes, longest: longest, window: window)
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
      name: source.name,
      tensor: Tensor(shape: [tokens.numbers.count], values: tokens.numbers.map { Float($0) }),
      content: .text(tokens.text), notes: notes, path: source.path,
      window: InputWindow(window, of: windows))
  }

  private func numbers(
    _ bytes: [UInt8], _ source: InputSource, _ tokenizer: ByteTokenizer?, _ longest: Int,
    _ window: Int
  ) throws -> Input {
    let name = source.name
    let tensor = try NumPyFile.tensor(bytes)
    guard tensor.shape.count == 1 else {
      throw InputFailure(
        .badData, name, "expected one axis of tokens, found shape \(tensor.shape)")
    }
    let (range, windows) = Self.frames(of: tensor.count, window: window, length: longest)
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
      name: name, tensor: Tensor(shape: [numbers.count], values: numbers), content: .text(text),
      notes: notes, path: source.path, window: InputWindow(window, of: windows),
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
