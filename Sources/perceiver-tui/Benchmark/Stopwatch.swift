// Times of work done several times, and the memory it took.

import Foundation

/// Seconds of several repetitions.
struct Timing {
  /// In the order of measurement; at least one.
  let seconds: [Double]

  /// The middle one, or the mean of the middle two.
  var median: Double {
    let sorted = seconds.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  var least: Double { seconds.min() ?? 0 }
}

enum Stopwatch {
  /// Does the work so many times.
  static func repeated(_ count: Int, _ body: () throws -> Void) rethrows -> Timing {
    Timing(seconds: try (0..<count).map { _ in try once(body).seconds })
  }

  /// Does the work once.
  static func once<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, seconds: Double) {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    return (result, start.duration(to: clock.now) / .seconds(1))
  }

  /// The most memory the process has had, in bytes.
  static var peakBytes: Double {
    #if canImport(Glibc)
      // Not getrusage's figure, which on Linux begins with that of the process that started this.
      guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first
      else { return 0 }
      return (Double(kilobytes) ?? 0) * 1024
    #else
      var usage = rusage()
      getrusage(RUSAGE_SELF, &usage)
      return Double(usage.ru_maxrss)
    #endif
  }
}
