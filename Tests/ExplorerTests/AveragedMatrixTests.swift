// Latents by latents from bands of rows.

import Explorer
import Perceiver
import Tensors
import Testing

@Suite struct AveragedMatrixTests {
  @Test(
    "an entry is the mean of its latents' weights; the last ones may be fewer",
    arguments: [2, 3, 4])
  func means(longest: Int) throws {
    var run = try Perceiver(Scenario.small, seed: 0).begin(Scenario.picture().tensor)
    while run.stages.last?.id.kind != .latentSelfAttention { _ = try run.next() }
    let attention = try #require(run.stages.last?.attention)
    let count = attention.mapCount
    let whole = try attention.maps(head: .mean, queries: 0..<count, as: .probabilities)
      .reshaped([count, count])
    let (matrix, size) = try attention.averagedMatrix(
      .mean, longest: longest, as: .probabilities, cancellation: Cancellation())
    let side = (count + size - 1) / size
    #expect(size > 1 && side <= longest && matrix.shape == [side, side])
    for row in 0..<side {
      for column in 0..<side {
        let rows = row * size..<min(count, (row + 1) * size)
        let columns = column * size..<min(count, (column + 1) * size)
        let sum = rows.reduce(Float(0)) { sum, r in sum + columns.reduce(0) { $0 + whole[r, $1] } }
        let mean = sum / Float(rows.count * columns.count)
        #expect(abs(matrix[row, column] - mean) <= 1e-6 * max(1, abs(mean)))
      }
    }
  }
}
