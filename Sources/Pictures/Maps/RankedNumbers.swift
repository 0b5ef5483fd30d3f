// Numbers in order, for ranks: sorted by their bits, many times faster than by comparing.

/// The finite ones of some numbers, in order.
package struct RankedNumbers: Sendable, Hashable {
  /// The numbers from the least to the largest.
  package let ascending: [Float]

  /// Puts the finite ones of some numbers in order.
  package init(_ numbers: UnsafeBufferPointer<Float>) {
    ascending = Self.sorted(numbers)
  }

  /// How many numbers are less than this one.
  package func count(below number: Float) -> Int {
    ascending.withUnsafeBufferPointer { ascending in
      var (low, high) = (0, ascending.count)
      while low < high {
        let middle = (low + high) / 2
        if ascending[middle] < number { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  /// How many numbers are less, of one that is among them; of another, a number between the places
  /// of those next to it.
  func place(of number: Float) -> Float {
    let above = count(below: number)
    guard above > 0, above < ascending.count, ascending[above] != number else {
      return Float(above)
    }
    let (before, after) = (ascending[above - 1], ascending[above])
    let (low, high) = (Float(count(below: before)), Float(above))
    // Halves first: the distance of two finite numbers may overflow.
    let share = (number / 2 - before / 2) / (after / 2 - before / 2)
    return low + (high - low) * share
  }

  /// Three passes over 11 bits each.
  private static func sorted(_ numbers: UnsafeBufferPointer<Float>) -> [Float] {
    var keys: [UInt32] = []
    keys.reserveCapacity(numbers.count)
    for number in numbers where number.isFinite {
      // Zeros are equal whatever their sign.
      let bits = number == 0 ? 0 : number.bitPattern
      // Makes the order of the bits that of the numbers: negative ones turn round.
      keys.append(bits ^ (bits >> 31 == 1 ? 0xFFFF_FFFF : 0x8000_0000))
    }
    var moved = [UInt32](repeating: 0, count: keys.count)
    for shift in [UInt32(0), 11, 22] {
      keys.withUnsafeBufferPointer { keys in
        moved.withUnsafeMutableBufferPointer { move(keys, to: $0, byBitsFrom: shift) }
      }
      swap(&keys, &moved)
    }
    return keys.map { Float(bitPattern: $0 ^ ($0 >> 31 == 1 ? 0x8000_0000 : 0xFFFF_FFFF)) }
  }

  private static func move(
    _ keys: UnsafeBufferPointer<UInt32>, to moved: UnsafeMutableBufferPointer<UInt32>,
    byBitsFrom shift: UInt32
  ) {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 2049) { places in
      places.initialize(repeating: 0)
      for key in keys { places[Int(key >> shift & 2047) + 1] += 1 }
      for digit in 1...2048 { places[digit] += places[digit - 1] }
      for key in keys {
        let digit = Int(key >> shift & 2047)
        moved[places[digit]] = key
        places[digit] += 1
      }
    }
  }
}
