// The files an explorer may read and write, given to it by who starts it.

import Inputs
import Perceiver
import Pictures
import Tensors

/// How files are read and written; each throws an error whose description is one line.
public struct ExplorerFiles: Sendable {
  /// Opens an input from where it is, as a model wants it, until it is cancelled.
  public var openInput:
    @Sendable (
      _ source: InputSource, _ demand: InputDemand, _ cancellation: Cancellation
    ) throws -> Input
  /// The inputs of a folder in natural order, until it is cancelled.
  public var inputs: @Sendable (_ folder: String, _ cancellation: Cancellation) throws -> [String]
  /// Prepares an input like the pictures that a model was trained on, whatever options say.
  public var fitInput: @Sendable (_ input: Input, _ demand: InputDemand) throws -> Input
  /// Reads a mask for an input, of which the model makes tokens of these axes.
  public var openMask:
    @Sendable (
      _ path: String, _ input: Input, _ tokens: [Int]
    ) throws -> NamedMask
  /// Loads weights, and prepares what is open as their model wants it; what fits already stays.
  public var openWeights:
    @Sendable (_ request: ModelRequest, _ input: Input) throws -> OpenedWeights
  /// Opens the trained sample of the tour with its picture; the input is what is open.
  public var openSample: @Sendable (_ input: Input) throws -> OpenedWeights
  /// Reads a session file and what it names.
  public var openSession:
    @Sendable (_ path: String, _ cancellation: Cancellation) throws -> OpenedSession
  /// Opens labelled examples to learn from; those of a model that knows what its classes are called
  /// have its classes, and are prepared as it wants pictures.
  public var openData:
    @Sendable (_ path: String, _ classes: [String]?, _ demand: InputDemand) throws -> TrainingData
  /// Writes a file whole or not at all.
  public var write:
    @Sendable (_ bytes: [UInt8], _ path: String, _ existing: ExportRequest.Existing) throws -> Void
  /// Writes a model as safetensors, and its arguments beside it; both or neither.
  public var writeModel:
    @Sendable (_ model: ModelExport, _ path: String, _ existing: ExportRequest.Existing) throws ->
      Void
  /// Whether something is there.
  public var exists: @Sendable (_ path: String) -> Bool
  /// Whether a folder is there.
  public var isFolder: @Sendable (_ path: String) -> Bool
  /// What lies in a folder, in order.
  public var list: @Sendable (_ folder: String) throws -> [FolderEntry]
  /// Makes a folder; one that is there already stays.
  public var makeFolder: @Sendable (_ path: String) throws -> Void
  /// Writes an entry of the configuration file, and gives the file's path.
  public var keep: @Sendable (_ preference: KeptPreference) throws -> String

  /// Keeps which files were opened, and gives those that were opened last. Nothing is kept unless a
  /// program says where.
  public var remember: @Sendable (_ files: [RecentFiles.File]) -> RecentFiles

  /// Files by functions.
  public init(
    openInput:
      @escaping @Sendable (
        _ source: InputSource, _ demand: InputDemand, _ cancellation: Cancellation
      ) throws -> Input,
    inputs:
      @escaping @Sendable (_ folder: String, _ cancellation: Cancellation) throws -> [String],
    fitInput: @escaping @Sendable (_ input: Input, _ demand: InputDemand) throws -> Input,
    openMask:
      @escaping @Sendable (
        _ path: String, _ input: Input, _ tokens: [Int]
      ) throws -> NamedMask,
    openWeights:
      @escaping @Sendable (_ request: ModelRequest, _ input: Input) throws -> OpenedWeights,
    openSample: @escaping @Sendable (_ input: Input) throws -> OpenedWeights,
    openSession:
      @escaping @Sendable (
        _ path: String, _ cancellation: Cancellation
      ) throws -> OpenedSession = {
        try OpenedSession($0, cancellation: $1)
      },
    openData:
      @escaping @Sendable (
        _ path: String, _ classes: [String]?, _ demand: InputDemand
      ) throws -> TrainingData,
    write:
      @escaping @Sendable (
        _ bytes: [UInt8], _ path: String, _ existing: ExportRequest.Existing
      ) throws -> Void,
    writeModel:
      @escaping @Sendable (
        _ model: ModelExport, _ path: String, _ existing: ExportRequest.Existing
      ) throws -> Void,
    exists: @escaping @Sendable (_ path: String) -> Bool,
    isFolder: @escaping @Sendable (_ path: String) -> Bool = { _ in false },
    list: @escaping @Sendable (_ folder: String) throws -> [FolderEntry],
    makeFolder: @escaping @Sendable (_ path: String) throws -> Void,
    keep: @escaping @Sendable (_ preference: KeptPreference) throws -> String,
    remember: @escaping @Sendable (_ files: [RecentFiles.File]) -> RecentFiles = { _ in
      RecentFiles()
    }
  ) {
    self.openInput = openInput
    self.inputs = inputs
    self.fitInput = fitInput
    self.openMask = openMask
    self.openWeights = openWeights
    self.openSample = openSample
    self.openSession = openSession
    self.openData = openData
    self.write = write
    self.writeModel = writeModel
    self.exists = exists
    self.isFolder = isFolder
    self.list = list
    self.makeFolder = makeFolder
    self.keep = keep
    self.remember = remember
  }
}
