// Numbers in order, for ranks: sorted by their bits, many times faster than by comparing.

/// The finite ones of some numbers, in order.
package struct RankedNumbers: Sendable, Hashable {
  /// The numbers from the least to the largest.
  package let ascending: [Float]
  /// Where each stretch of keys begins in `ascending`, and at last where the last one ends: numbers
  /// of one stretch are few, so that one is found in a step or two.
  private let starts: [Int32]
  private let lowestKey: UInt32
  private let shift: UInt32

  /// Puts the finite ones of some numbers in order.
  package init(_ numbers: UnsafeBufferPointer<Float>) {
    let keys = Self.sortedKeys(numbers)
    ascending = keys.map(Self.number)
    lowestKey = keys.first ?? 0
    let range = (keys.last ?? 0) - lowestKey
    var shift: UInt32 = 0
    while range >> shift > keys.count { shift += 1 }
    var starts = [Int32](repeating: 0, count: Int(range >> shift) + 2)
    for key in keys { starts[Int((key - lowestKey) >> shift) + 1] += 1 }
    for stretch in 1..<starts.count { starts[stretch] += starts[stretch - 1] }
    self.shift = shift
    self.starts = starts
  }

  /// How many numbers are less than this one.
  package func count(below number: Float) -> Int {
    guard let least = ascending.first, let largest = ascending.last, number > least else {
      return 0
    }
    guard number <= largest else { return ascending.count }
    let stretch = Int((Self.key(number) - lowestKey) >> shift)
    var (low, high) = (Int(starts[stretch]), Int(starts[stretch + 1]))
    while low < high {
      let middle = (low + high) / 2
      if ascending[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// How many numbers are greater than this one.
  package func count(above number: Float) -> Int { ascending.count - count(below: number.nextUp) }

  /// How few of the largest numbers have a share, from 0 to 1, of the sum of all; nil where one is
  /// negative, or the sum is not above 0.
  package func count(holding share: Double) -> Int? {
    guard let least = ascending.first, least >= 0 else { return nil }
    let sum = ascending.reduce(0.0) { $0 + Double($1) }
    guard sum > 0 else { return nil }
    var held = 0.0
    for (index, number) in ascending.reversed().enumerated() {
      held += Double(number)
      if held >= share * sum { return index + 1 }
    }
    return ascending.count
  }

  /// How many numbers are less, of one that is among them; of another, a number between the ranks
  /// of those next to it.
  func rank(of number: Float) -> Double {
    let above = count(below: number)
    guard above > 0, above < ascending.count, ascending[above] != number else {
      return Double(above)
    }
    let (before, after) = (Double(ascending[above - 1]), Double(ascending[above]))
    let (low, high) = (Double(count(below: ascending[above - 1])), Double(above))
    return low + (high - low) * (Double(number) - before) / (after - before)
  }

  /// Bits whose order is that of the numbers: negative ones turn round, zeros are equal whatever
  /// their sign.
  private static func key(_ number: Float) -> UInt32 {
    let bits = number == 0 ? 0 : number.bitPattern
    return bits ^ (bits >> 31 == 1 ? 0xFFFF_FFFF : 0x8000_0000)
  }

  private static func number(_ key: UInt32) -> Float {
    Float(bitPattern: key ^ (key >> 31 == 1 ? 0x8000_0000 : 0xFFFF_FFFF))
  }

  /// Three passes over 11 bits each.
  private static func sortedKeys(_ numbers: UnsafeBufferPointer<Float>) -> [UInt32] {
    var keys: [UInt32] = []
    keys.reserveCapacity(numbers.count)
    for number in numbers where number.isFinite { keys.append(key(number)) }
    var moved = [UInt32](repeating: 0, count: keys.count)
    for shift in [UInt32(0), 11, 22] {
      keys.withUnsafeBufferPointer { keys in
        moved.withUnsafeMutableBufferPointer { move(keys, to: $0, byBitsFrom: shift) }
      }
      swap(&keys, &moved)
    }
    return keys
  }

  private static func move(
    _ keys: UnsafeBufferPointer<UInt32>, to moved: UnsafeMutableBufferPointer<UInt32>,
    byBitsFrom shift: UInt32
  ) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 2049) { ranks in
      ranks.initialize(repeating: 0)
      for key in keys { ranks[Int(key >> shift & 2047) + 1] += 1 }
      for digit in 1...2048 { ranks[digit] += ranks[digit - 1] }
      for key in keys {
        let digit = Int(key >> shift & 2047)
        moved[ranks[digit]] = key
        ranks[digit] += 1
      }
    }
  }
}
