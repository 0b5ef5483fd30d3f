// Where tensors take their memory from: their maker's pages, and what waits there.

import Tensors
import Testing

@Suite("Tensors take their memory from the pages that are passed in")
struct SparePagesTests {
  let pages = SparePages(limit: 1 << 22)
  let rows = Tensor(shape: [256, 128], repeating: 1)

  private func address(_ tensor: Tensor) -> UInt {
    tensor.withUnsafeElements { UInt(bitPattern: $0.baseAddress) }
  }

  @Test("An operation's result lies in its workers' pages, wherever its operands lie")
  func results() throws {
    let workers = Workers(pages: pages)
    #expect(rows.pages === SparePages.ofProcess)
    #expect(try rows.linear(weight: rows, workers: workers).pages === pages)
    #expect(try rows.gelu(workers: workers).pages === pages)
    #expect(try rows.linear(weight: rows, workers: Workers()).pages === SparePages.ofProcess)
  }

  @Test("A copy lies where its original lies, and so do its rows and columns in another order")
  func copies() {
    let own = rows.repeatingRows(2, in: pages)
    var copy = own
    copy[0, 0] = 2
    #expect(!copy.sharesMemory(with: own) && copy.pages === pages)
    #expect(own.columns(0..<64).pages === pages)
    #expect(own.gatheringRows([1, 0]).pages === pages)
    #expect(own.adding(own).pages === pages)
  }

  @Test("Memory that a tensor gave back is taken again from the same pages, and from no others")
  func reuse() {
    func given() -> UInt { address(Tensor(shape: [1 << 16], in: pages)) }
    let first = given()
    let elsewhere = Tensor(shape: [1 << 16], in: SparePages(limit: 1 << 22))
    #expect(address(elsewhere) != first)
    #expect(given() == first)
  }
}
