// The program's entry: the subcommands, and how their errors become a line and an exit status.

import ArgumentParser
import CTerminal
import Foundation
import Perceiver
import Pictures
import Tensors

@main
struct PerceiverTUI: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perceiver-tui",
    abstract: "Watch a Perceiver look at a photo: step by step, head by head, latent by latent.",
    discussion: """
      perceiver-tui photo.jpg             opens the photo in the terminal (explore)
      perceiver-tui trace photo.jpg -o D  writes logits, latents and attention as .npy files
      perceiver-tui explain photo.jpg -o D  writes which pixels the answer rests on
      perceiver-tui render photo.jpg      draws one attention map as text or a picture
      perceiver-tui train data -o F       trains a model on labelled pictures

      Hyperparameters, the same in every subcommand: \(hyperparameterList).
      """,
    version: version,
    subcommands: [
      Explore.self, Trace.self, Explain.self, Render.self, Train.self, Evaluate.self, Info.self,
      Convert.self,
      Verify.self, Bench.self, Keys.self, Manual.self,
    ],
    defaultSubcommand: Explore.self)

  /// The program's version.
  static let version = "0.1.0"

  private static var hyperparameterList: String {
    HyperparameterOptions.table.map { "--" + $0.optionName }.joined(separator: ", ")
  }

  static func main() {
    openStandardStreams()
    // A reader that has seen enough closes the pipe; see StandardOutput.
    signal(SIGPIPE, SIG_IGN)
    // A file that may not grow further is an error of write(2), not an end.
    signal(SIGXFSZ, SIG_IGN)
    ct_catch_abort()
    MemoryExhaustion.handle { bytes in
      ct_restore_now()
      CommandFailure(
        .software, nil,
        "out of memory: the system refuses \(Figures.bytes(Double(bytes))) for a tensor"
      ).print()
      _exit(ExitStatus.software.code)
    }
    do {
      // With nothing to open a person gets the tour, and a script an error.
      guard CommandLine.argc > 1 || StandardOutput().isTerminal else {
        throw CommandFailure.usage(
          "expected a photo or array to open, found nothing; see perceiver-tui --help")
      }
      let names = configuration.subcommands.map { "\($0)".lowercased() } + ["help"]
      if let failure = NearestCommand.failure(of: ProgramArguments.all.first, among: names) {
        throw failure
      }
      var command = try parseAsRoot(ProgramArguments.all)
      if let problem = Workers.settingProblem { Messages.note(problem) }
      try command.run()
      leave(.success)
    } catch {
      leave(report(error))
    }
  }

  /// Opens what is closed of the standard streams on /dev/null. The next file would else take its
  /// number, and what is said would go into it.
  private static func openStandardStreams() {
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(stream, F_GETFD) < 0 && errno == EBADF {
      // The lowest number that is free is this one.
      _ = open("/dev/null", stream == STDIN_FILENO ? O_RDONLY : O_WRONLY)
    }
  }

  /// Ends the process at once. The usual farewell would let OpenBLAS give its memory back under
  /// threads that still compute a stage nobody waits for any more, and they would crash.
  private static func leave(_ status: ExitStatus) -> Never {
    fflush(nil)
    _exit(status.code)
  }

  /// Tells the person what an error means and says what the program exits with.
  private static func report(_ error: any Error) -> ExitStatus {
    if error is StandardOutput.ReaderLeft { return .success }
    if exitCode(for: error).isSuccess {
      do {
        try StandardOutput().write(text: fullMessage(for: error) + "\n")
        return .success
      } catch { return report(error) }
    }
    // The parser's own messages may have several lines.
    let failure =
      CommandFailure(error)
      ?? .usage(message(for: error).split(separator: "\n").joined(separator: " "))
    failure.print()
    return failure.status
  }
}
