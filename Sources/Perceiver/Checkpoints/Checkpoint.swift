// A file of trained parameters: which layout it has and which model it makes.

import Tensors

/// An opened checkpoint whose layout is known and whose tensors go by the names of 0.11.0.
public struct Checkpoint: Sendable {
  /// The file.
  public let path: String
  /// The releases of perceiver-pytorch whose names the file has, such as `0.11.0`.
  public let layout: String
  /// The file's tensors as stored.
  public let entries: [CheckpointEntry]
  private let file: SafetensorsFile
  /// Stored names by names of 0.11.0; names of tied layers lead to one tensor.
  private let storedNames: [String: String]

  /// Opens a safetensors file in a layout of releases 0.8.0 to 0.11.0 of the main class.
  ///
  /// - Throws: `CheckpointError` or `SafetensorsError` for a damaged file or unknown layout,
  ///   `FileAccessError` if it cannot be read.
  public init(path: String) throws {
    file = try SafetensorsFile(path: path)
    self.path = path
    entries = file.entries.map {
      CheckpointEntry(name: $0.name, shape: $0.shape, elementType: $0.type.name)
    }
    // `save_model` keeps one of several equal tensors and says which names it dropped.
    let aliases = file.metadata.filter { [file] alias, kept in
      file.entry(named: alias) == nil && file.entry(named: kept) != nil
    }
    let names = file.entries.map(\.name) + aliases.keys.sorted()
    let prefix = try Self.prefix(of: names)
    let stripped = Set(names.compactMap { $0.hasPrefix(prefix) ? $0.dropFirst(prefix.count) : nil })
    guard let layout = CheckpointLayout.readable.first(where: { stripped.contains($0.mark[...]) })
    else { throw Self.unknownLayout(stripped.union(names.map { $0[...] })) }
    self.layout = layout.releases
    var storedNames: [String: String] = [:]
    for name in names {
      guard name.hasPrefix(prefix) else {
        throw CheckpointError("tensor \(name): expected names that begin with \(prefix)")
      }
      let canonical = layout.canonicalName(String(name.dropFirst(prefix.count)))
      guard storedNames.updateValue(aliases[name] ?? name, forKey: canonical) == nil else {
        throw CheckpointError("tensor \(name): expected one \(canonical), found two")
      }
    }
    // 0.10.0 has no norm before the residual's two layers, which are then numbered from 0.
    self.storedNames = Self.shiftingResidualsWithoutNorm(storedNames, file)
  }

  /// The shape of a tensor by its name of 0.11.0.
  func shape(of name: String) -> [Int]? {
    storedNames[name].flatMap { file.entry(named: $0)?.shape }
  }

  /// Names of 0.11.0 of all tensors.
  var names: some Collection<String> { storedNames.keys }

  /// A tensor by its name of 0.11.0.
  func tensor(_ name: String) throws -> Tensor? {
    try storedNames[name].map { try file.tensor(named: $0) }
  }

  /// Whether two tensors hold the same bytes, as tied ones do.
  func areEqual(_ first: String, _ second: String) throws -> Bool {
    guard let a = storedNames[first], let b = storedNames[second] else { return false }
    return try a == b || tensor(first) == tensor(second)
  }

  private static func prefix(of names: [String]) throws -> String {
    let latents = names.filter { $0 == "latents" || $0.hasSuffix(".latents") }
    guard let name = latents.first, latents.count == 1 else {
      throw CheckpointError(
        "expected one tensor called latents, found \(latents.isEmpty ? "none" : "\(latents.count)")"
      )
    }
    return name.hasSuffix("embeddings.latents")
      ? String(name.dropLast("embeddings.latents".count)) : String(name.dropLast("latents".count))
  }

  private static func unknownLayout(_ names: Set<Substring>) -> CheckpointError {
    let known = CheckpointLayout.known.first { names.contains($0.mark[...]) }
    return CheckpointError(
      "expected a Perceiver of perceiver-pytorch 0.8.0 to 0.11.0, found "
        + (known?.is ?? "other tensors (no \(CheckpointLayout.readable[0].mark))"))
  }

  private static func shiftingResidualsWithoutNorm(
    _ names: [String: String], _ file: SafetensorsFile
  ) -> [String: String] {
    var result: [String: String] = [:]
    for (name, stored) in names {
      // attn_residuals.LAYER.to_attn_logits.NUMBER.weight; other names stay, to be refused as left
      // over.
      var parts = name.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 5, parts[0] == "attn_residuals", parts[4] == "weight",
        let number = Int(parts[3]), (0..<Int.max).contains(number), "\(number)" == parts[3]
      else {
        result[name] = stored
        continue
      }
      parts[3] = "0"
      let first = names[parts.joined(separator: ".")]
      let isWithoutNorm = first.flatMap { file.entry(named: $0)?.shape.count } == 2
      parts[3] = Substring("\(isWithoutNorm ? number + 1 : number)")
      result[parts.joined(separator: ".")] = stored
    }
    return result
  }
}

/// One tensor of a checkpoint as stored.
public struct CheckpointEntry: Sendable, Hashable {
  /// The name in the file.
  public let name: String
  /// Axis lengths.
  public let shape: [Int]
  /// The stored element type: `F32`, `F16`, …
  public let elementType: String
}
