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
        let bytes =
          request.format == .npy
          ? NumPyFile.bytes(given.values) : try encoded(given.picture, request.format)
        return try write(bytes, request)
      case .model(let model): return try write(model, request)
      case .map(let picture): return try write(try bytes(of: picture, request.format), request)
      case .matrix(let stage, let appearance, let value, let heads):
        let matrix =
          [.npy, .csv].contains(request.format)
          ? try matrix(of: stage, as: value, heads)
          : try pictureMatrix(of: stage, as: value, heads)
        return try write(try bytes(of: matrix, appearance, request.format), request)
      case .stages(let stages, let appearance, let maps):
        if request.subject == .run { return try writeAll(stages, appearance, maps, request) }
        guard let stage = stages.first else { return .failure("export: no stage is computed yet") }
        return try write(try bytes(of: stage, appearance, maps, request.format), request)
      }
    } catch is ComputationCancelled {
      return .cancelled
    } catch {
      return .failure(
        "\(error)".hasPrefix(request.path) ? "\(error)" : "\(request.path): \(error)")
    }
  }

  private func write(_ bytes: [UInt8], _ request: ExportRequest) throws -> ExportOutcome {
    if request.existing == .refuse && files.exists(request.path) { return .exists(request.path) }
    try cancellation.check()
    try files.write(bytes, request.path, request.existing)
    return .written(place: request.path, files: 1)
  }

  private func write(_ model: Perceiver, _ request: ExportRequest) throws -> ExportOutcome {
    let paths = [request.path, request.argumentsPath]
    if request.existing == .refuse, let there = paths.first(where: files.exists) {
      return .exists(there)
    }
    try files.writeModel(try model.exported(as: .own), request.path, request.existing)
    return .written(place: request.path, files: 1)
  }

  /// One file for each stage, named as a trace names them.
  private func writeAll(
    _ stages: [Stage], _ appearance: MapAppearance, _ maps: ExportContent.AllMaps,
    _ request: ExportRequest
  ) throws -> ExportOutcome {
    let folder = request.path.hasSuffix("/") ? String(request.path.dropLast()) : request.path
    let paths = stages.map {
      "\(folder)/\($0.place.fileStem(ofStages: maps.stageCount)).\(request.format.rawValue)"
    }
    if request.existing == .refuse, let there = paths.first(where: files.exists) {
      return .exists(there)
    }
    try files.makeFolder(folder)
    for (stage, path) in zip(stages, paths) {
      try cancellation.check()
      let bytes = try bytes(of: stage, appearance, maps, request.format)
      try files.write(bytes, path, request.existing)
    }
    return .written(place: folder, files: stages.count)
  }
}

// MARK: - One map

extension Exporter {
  private func bytes(of picture: MapPicture, _ format: ExportFormat) throws -> [UInt8] {
    let map = Tensor(shape: [picture.height, picture.width], values: picture.values)
    switch format {
    case .npy: return NumPyFile.bytes(map)
    case .csv: return Array(map.commaSeparatedValues.utf8)
    case .png, .ppm, .text, .safetensors:
      return try encoded(picture.rendered(), format)
    }
  }

  private func encoded(_ picture: PixelImage, _ format: ExportFormat) throws -> [UInt8] {
    format == .ppm ? picture.netpbm : try picture.png()
  }
}

// MARK: - All maps of a stage

extension Exporter {
  /// All queries over all keys, `[queries, keys]`.
  private func matrix(
    of stage: Stage, as value: AttentionValue, _ heads: HeadSelection
  ) throws -> Tensor {
    let attention = try Self.attention(of: stage)
    return try attention.maps(
      head: heads, queries: 0..<attention.mapCount, as: value, cancellation: cancellation
    ).reshaped([attention.mapCount, attention.mapSize])
  }

  /// The same as a picture has it, averaged down where there are very many latents.
  private func pictureMatrix(
    of stage: Stage, as value: AttentionValue, _ heads: HeadSelection
  ) throws -> Tensor {
    try Self.attention(of: stage).averagedMatrix(
      heads, longest: StageAttention.longestPictureSide, as: value, cancellation: cancellation
    ).values
  }

  private func bytes(
    of matrix: Tensor, _ appearance: MapAppearance, _ format: ExportFormat
  ) throws -> [UInt8] {
    switch format {
    case .npy: return NumPyFile.bytes(matrix)
    case .csv: return Array(matrix.commaSeparatedValues.utf8)
    case .png, .ppm, .text, .safetensors:
      let transfer = FittedTransfer(appearance.transfer, to: matrix)
      return try encoded(
        Heatmap(matrix, transfer: transfer, colours: appearance.colours).picture, format)
    }
  }

  private func bytes(
    of stage: Stage, _ appearance: MapAppearance, _ maps: ExportContent.AllMaps,
    _ format: ExportFormat
  ) throws -> [UInt8] {
    switch format {
    case .npy:
      return NumPyFile.bytes(
        try Self.attention(of: stage).matrix(as: maps.value, cancellation: cancellation))
    case .csv: return try table(stage, maps)
    case .png, .ppm, .text, .safetensors: return try encoded(sheet(stage, appearance, maps), format)
    }
  }

  /// A line for each head and latent, counted from 1, with its numbers over all keys.
  private func table(_ stage: Stage, _ maps: ExportContent.AllMaps) throws -> [UInt8] {
    var text = Array("head,latent,values\n".utf8)
    let attention = try Self.attention(of: stage)
    for head in 0..<attention.heads {
      for latent in 0..<attention.mapCount {
        let map = try attention.map(
          head: .one(head), query: .one(latent), as: maps.value, cancellation: cancellation)
        text += "\(head + 1),\(latent + 1),".utf8
        text += map.reshaped([1, map.count]).commaSeparatedValues.utf8
      }
    }
    return text
  }

  /// The maps of all latents in one picture; for self-attention, latents by latents.
  private func sheet(
    _ stage: Stage, _ appearance: MapAppearance, _ maps: ExportContent.AllMaps
  ) throws -> PixelImage {
    let attention = try Self.attention(of: stage)
    let heads = Self.heads(stage.place, maps)
    if stage.place.kind == .latentSelfAttention {
      let matrix = try pictureMatrix(of: stage, as: maps.value, heads)
      return Heatmap(matrix, transfer: appearance.transfer, colours: appearance.colours).picture
    }
    let maps = try matrix(of: stage, as: maps.value, heads)
    // One scale for all, so that maps can be compared.
    let transfer = FittedTransfer(appearance.transfer, to: maps)
    let pictures = try (0..<attention.mapCount).map { latent in
      try cancellation.check()
      let map = maps.row(latent).reshaped(attention.mapShape).asFlatMap
      return Heatmap(map, transfer: transfer, colours: appearance.colours).picture
    }
    return ContactSheet.picture(pictures)
  }

  private static func attention(of stage: Stage) throws -> StageAttention {
    guard let attention = stage.attention else { throw NoAttention(stage: stage.place.name) }
    return attention
  }

  private static func heads(_ place: StagePlace, _ maps: ExportContent.AllMaps) -> HeadSelection {
    let wanted = place.kind == .latentSelfAttention ? maps.latentHead : maps.crossHead
    if case .one(let head) = wanted { return .one(min(head, place.heads - 1)) }
    return wanted
  }
}
