// Ctrl-C and its relatives as a cancellation, so that work stops between pieces and tidies up.

import Dispatch
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// While it lives, SIGINT, SIGTERM and SIGHUP cancel a computation instead of ending the process.
final class Interruption: @unchecked Sendable {
  // Unchecked: the sources are made in init and cancelled in deinit, and never touched between.
  private let sources: [any DispatchSourceSignal]

  /// What the signals cancel.
  let cancellation = Cancellation()

  init() {
    let cancellation = cancellation
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { cancellation.cancel() }
      source.resume()
      return source
    }
  }

  deinit {
    for source in sources { source.cancel() }
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
  }
}
