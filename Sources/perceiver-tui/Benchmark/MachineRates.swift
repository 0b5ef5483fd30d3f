// What the machine can do at best, measured: the two slopes of a roofline.

import Tensors

/// Rates that bound any work here.
struct MachineRates: Encodable {
  /// Threads that are used.
  let threads: Int
  /// What OpenBLAS calls the kernels that compute matrix products; empty where it does not say.
  let kernels: String
  /// Operations a second of a large matrix product through the library.
  let productRate: Double
  /// Bytes a second of reading an array larger than any cache.
  let memoryRate: Double

  static func measured(isSmall: Bool) throws -> MachineRates {
    let side = isSmall ? 256 : 2048
    let matrix = Tensor(shape: [side, side], repeating: 0.5)
    let product = try Stopwatch.repeated(5) {
      _ = try matrix.linear(weight: matrix, workers: Workers())
    }
    let array = Tensor(shape: [isSmall ? 1 << 22 : 1 << 24], repeating: 1)
    let reading = try Stopwatch.repeated(5) { _ = try array.sum(workers: Workers()) }
    return MachineRates(
      threads: Workers.processorCount, kernels: MatrixProducts.kernels,
      productRate: 2 * Double(side * side * side) / product.least,
      memoryRate: 4 * Double(array.count) / reading.least)
  }

  /// What lies between two measurements: processors that are shared are not equally fast for long.
  func mean(with other: MachineRates) -> MachineRates {
    MachineRates(
      threads: threads, kernels: kernels, productRate: (productRate + other.productRate) / 2,
      memoryRate: (memoryRate + other.memoryRate) / 2)
  }

  /// The least time for so much work.
  func floor(operations: Double, bytes: Double) -> Double {
    max(operations / productRate, bytes / memoryRate)
  }
}
