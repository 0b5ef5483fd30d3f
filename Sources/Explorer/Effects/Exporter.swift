// Writes maps and pictures of them to files, whole or not at all.

import Perceiver
import Pictures
import Tensors

/// Writes exports.
struct Exporter {
  let files: ExplorerFiles
  let cancellation: Cancellation

  /// Writes what a request asks for.
  func export(_ request: ExportRequest, _ content: ExportContent) -> ExportOutcome {
    do {
      switch content {
      case .text(let text): return try write(Array(text.utf8), request)
      case .reconstruction(let given):
        return try write(
          encoded(request, values: { given.values }, picture: { given.picture }), request)
      case .model(let model): return try write(model, request)
      case .session(let session):
        let path = HomeFolder.expanded(request.path)
        return try write(SessionFile.bytes(of: session, for: path), request)
      case .map(let drawing, let page, let tokens):
        let format = try mapFormat(of: request)
        if let tokens, let encode = format.tables { return try write(encode(tokens), request) }
        return try write(try format.bytes(of: drawing, page: page), request)
      case .figure(let maker):
        return try write(encoded(try maker.make(cancellation), request), request)
      case .table(let table):
        let format = try mapFormat(of: request)
        if let encode = format.tables { return try write(encode(table), request) }
        return try write(
          encoded(
            request, values: { table.numbers.values },
            picture: { throw WrongFormat(request.format) }), request)
      case .matrix(let stage, let appearance, let value, let heads, let page):
        func drawing() throws -> MapDrawing {
          MapDrawing(try pictureMatrix(of: stage, as: value, heads), appearance: appearance)
        }
        let format = try mapFormat(of: request)
        if format.isText { return try write(format.bytes(of: drawing(), page: page), request) }
        return try write(
          encoded(
            request, values: { try matrix(of: stage, as: value, heads) },
            picture: { try drawing().picture() }), request)
      case .stages(let stages, let appearance, let maps):
        if request.subject == .run { return try writeAll(stages, appearance, maps, request) }
        guard let stage = stages.first else { return .failure("export: no stage is computed yet") }
        return try write(try encoded(stage, appearance, maps, request), request)
      }
    } catch is ComputationCancelled {
      return .cancelled
    } catch {
      return .failure(
        "\(error)".hasPrefix(request.path) ? "\(error)" : "\(request.path): \(error)")
    }
  }

  private func write(_ bytes: [UInt8], _ request: ExportRequest) throws -> ExportOutcome {
    if let problem = folderProblem(request) { return problem }
    if request.existing == .refuse && files.exists(request.path) { return .exists(request.path) }
    try cancellation.check()
    try files.write(bytes, request.path, request.existing)
    return .written(path: request.path, files: 1)
  }

  private func write(_ model: Perceiver, _ request: ExportRequest) throws -> ExportOutcome {
    if let problem = folderProblem(request) { return problem }
    let paths = [request.path, request.argumentsPath]
    if request.existing == .refuse, let there = paths.first(where: files.exists) {
      return .exists(there)
    }
    try files.writeModel(try model.exported(as: .own, tied: .once), request.path, request.existing)
    return .written(path: request.path, files: 1)
  }

  /// What is said where a file is to be written and a folder is there, which nothing can replace.
  private func folderProblem(_ request: ExportRequest) -> ExportOutcome? {
    guard files.isFolder(request.path) else { return nil }
    return .failure("\(request.path): expected the name of a file, found a folder")
  }

  /// One file for each stage, named as a trace names them.
  private func writeAll(
    _ stages: [LatentMaps], _ appearance: MapAppearance, _ maps: ExportContent.AllMaps,
    _ request: ExportRequest
  ) throws -> ExportOutcome {
    let folder = request.path.hasSuffix("/") ? String(request.path.dropLast()) : request.path
    let paths = stages.map {
      "\(folder)/\($0.id.fileStem(ofStages: maps.stageCount)).\(request.format.ending)"
    }
    if request.existing == .refuse, let there = paths.first(where: files.exists) {
      return .exists(there)
    }
    try files.makeFolder(folder)
    for (stage, path) in zip(stages, paths) {
      try cancellation.check()
      let bytes = try encoded(stage, appearance, maps, request)
      try files.write(bytes, path, request.existing)
    }
    return .written(path: folder, files: stages.count)
  }
}

// MARK: - Formats

extension Exporter {
  private func mapFormat(of request: ExportRequest) throws -> MapFormat {
    guard case .map(let format) = request.format else { throw WrongFormat(request.format) }
    return format
  }

  /// Numbers or a picture in the format of a request; only what it needs is made.
  ///
  /// - Parameter axes: Names of the numbers' leading axes.
  private func encoded(
    _ request: ExportRequest, axes: [String] = [], values: () throws -> Tensor,
    picture: () throws -> PixelImage
  ) throws -> [UInt8] {
    switch try mapFormat(of: request).encoding {
    case .picture(let encode): try encode(picture())
    case .numbers(let encode): encode(try values(), axes)
    case .text: throw WrongFormat(request.format)
    }
  }

  private func encoded(_ figure: any Figure, _ request: ExportRequest) throws -> [UInt8] {
    if request.format == .svg { return Array(try figure.svg(width: request.width).utf8) }
    return try encoded(
      request, values: { throw WrongFormat(request.format) },
      picture: { try figure.drawn(width: request.width) })
  }

  /// All maps of a stage.
  private func encoded(
    _ stage: LatentMaps, _ appearance: MapAppearance, _ maps: ExportContent.AllMaps,
    _ request: ExportRequest
  ) throws -> [UInt8] {
    try encoded(
      request, axes: ["head", "latent"],
      values: { try stage.matrix(as: maps.value, cancellation: cancellation) },
      picture: { try sheet(stage, appearance, maps) })
  }

  /// A format that what is exported cannot have.
  private struct WrongFormat: Error, CustomStringConvertible {
    let description: String

    init(_ format: ExportFormat) { description = "this cannot be written as .\(format.ending)" }
  }
}

// MARK: - All maps of a stage

extension Exporter {
  /// All queries over all keys, `[queries, keys]`.
  private func matrix(
    of maps: LatentMaps, as value: AttentionValue, _ heads: HeadSelection
  ) throws -> Tensor {
    try maps.maps(
      head: heads, queries: 0..<maps.mapCount, as: value, cancellation: cancellation
    ).reshaped([maps.mapCount, maps.mapSize])
  }

  /// The matrix of queries over keys as a picture has it, averaged down where there are very many
  /// latents.
  private func pictureMatrix(
    of maps: LatentMaps, as value: AttentionValue, _ heads: HeadSelection
  ) throws -> Tensor {
    try maps.averagedMatrix(
      heads, longest: StageAttention.longestPictureSide, as: value, cancellation: cancellation
    ).values
  }

  /// The maps of all latents in one picture; for self-attention, latents by latents.
  private func sheet(
    _ stage: LatentMaps, _ appearance: MapAppearance, _ maps: ExportContent.AllMaps
  ) throws -> PixelImage {
    let heads = Self.heads(stage.id, maps)
    if stage.id.kind == .latentSelfAttention {
      let matrix = try pictureMatrix(of: stage, as: maps.value, heads)
      return try MapDrawing(matrix, appearance: appearance).picture()
    }
    let maps = try matrix(of: stage, as: maps.value, heads)
    return try ContactSheet.picture(
      ofMaps: maps, shape: stage.mapShape, appearance, check: cancellation.check)
  }

  private static func heads(_ stageID: StageID, _ maps: ExportContent.AllMaps) -> HeadSelection {
    let wanted = stageID.kind == .latentSelfAttention ? maps.latentHead : maps.crossHead
    if case .one(let head) = wanted { return .one(min(head, stageID.heads - 1)) }
    return wanted
  }
}
