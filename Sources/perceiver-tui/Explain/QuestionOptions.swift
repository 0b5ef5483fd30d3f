// Questions whose answers are tables.

import ArgumentParser
import Perceiver

/// Which tables are asked for.
struct QuestionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Switch off each stage, head or latent by itself, and say what that changes; several with "
        + "commas between them.", valueName: Self.names.joined(separator: "|")))
  var sweep: String?

  @Flag(
    help: """
      Say what each part of the model adds to the target's logit, or with --against to the \
      difference: initial latents, each stage's heads, bias and feed-forward, and each latent.
      """)
  var direct = false

  @Flag(
    help: """
      Say what the likeliest classes' probabilities are after each stage, as the input is and after \
      each change.
      """)
  var classes = false

  @Flag(
    help: """
      Say what latents and heads do: effective rank, cosine and updates by stage, entropy, spread, \
      content share and importance by head and by latent, and how alike stages are (CKA).
      """)
  var summaries = false

  @Flag(
    help: """
      Draw the model's blocks anew from the classifier down to the latents, one after another \
      (--seed), and say how alike each map stays.
      """)
  var randomise = false

  @Flag(
    help: """
      Write what each reading of the input brings to a map of relevance, of rollout, or of \
      attention times its gradient, as METHOD-by-stage.npy, and its share of the map.
      """)
  var byStage = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Follow one latent in rollouts, from 1.", valueName: "n"))
  var latent: Int?

  @Option(
    help: ArgumentHelp(
      "Take the latents as they are after a stage, in rollouts and direct-pixels. (default: the "
        + "last)", valueName: "stage"))
  var after: String?

  @Option(
    help: ArgumentHelp(
      "Which class each input is of: a file with a line for each, its name, a comma or tab, and the "
        + "class by name or number; or folders, where inputs lie in folders that are called so.",
      valueName: "file|folders"))
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "Which pixels belong to the object, nonzero in a picture or array of the input's size; or a "
        + "folder with one for each input, of its name. Say whether maps point at it.",
      valueName: "file|folder"))
  var objectMask: String?

  private static let names = Sweep.Parts.allCases.map(\.rawValue)

  func validate() throws {
    let given = [
      ("--sweep", sweep), ("--after", after), ("--labels", labels), ("--object-mask", objectMask),
    ]
    if let (name, _) = given.first(where: { $0.1 == "" }) {
      throw ValidationError("\(name): expected a name, found nothing")
    }
    _ = try sweeps()
  }

  /// What is switched off, in the order of the list.
  func sweeps() throws -> [Sweep.Parts] {
    guard let sweep else { return [] }
    let asked = sweep.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    for name in asked where Sweep.Parts(rawValue: name) == nil {
      throw ValidationError(
        "--sweep: expected names among \(Self.names.joined(separator: ", ")), found \(name)")
    }
    return Sweep.Parts.allCases.filter { asked.contains($0.rawValue) }
  }

  /// Refuses tables that a model has not, before anything is computed for them.
  ///
  /// - Throws: `CommandFailure` with the option and the reason.
  func check(_ run: PerceiverRun) throws {
    if direct, let problem = run.directProblem {
      throw CommandFailure(.usage, "--direct", problem)
    }
    if classes, !run.scoresClasses {
      throw CommandFailure(
        .usage, "--classes", "expected a model that scores classes, found one that does not")
    }
    for parts in try sweeps() {
      guard let problem = Sweep(over: parts).problem(run) else { continue }
      throw CommandFailure(
        .usage, "--sweep",
        "\(parts.rawValue): \(problem)" + (parts == .latents ? ChangeOptions.withoutRemoval : ""))
    }
  }

  /// Whether anything is asked that needs no map.
  var asksForTables: Bool { asksForAnswers || summaries }

  /// Whether anything is asked of what the model answers that needs no map.
  var asksForAnswers: Bool { sweep != nil || direct || classes }

  /// The first option that is given; nil for none.
  var firstGiven: String? {
    [
      ("--sweep", sweep != nil), ("--direct", direct), ("--classes", classes),
      ("--summaries", summaries),
      ("--randomise", randomise), ("--by-stage", byStage), ("--latent", latent != nil),
      ("--after", after != nil), ("--labels", labels != nil), ("--object-mask", objectMask != nil),
    ].first(where: \.1)?.0
  }

  /// The first option that tells inputs by their files; nil for none.
  var firstOfFile: String? {
    labels != nil ? "--labels" : objectMask != nil ? "--object-mask" : nil
  }

  /// Settings with the latent and the stage that are followed.
  ///
  /// - Throws: `CommandFailure` for those that the model or the methods have not.
  func following(
    _ settings: ExplanationSettings, of run: PerceiverRun, _ methods: [ExplanationMethod]
  ) throws -> ExplanationSettings {
    var settings = settings
    if let latent {
      guard methods.contains(where: \.followsLatents) else {
        throw CommandFailure(.usage, "--latent", "expected a rollout among the methods, found none")
      }
      let count = run.initialLatents.shape[0]
      guard (1...count).contains(latent) else {
        throw CommandFailure(.usage, "--latent", "expected 1 to \(count), found \(latent)")
      }
      settings.latent = latent - 1
    }
    if let after {
      guard methods.contains(where: { $0.followsLatents || $0.followsStages }) else {
        throw CommandFailure(
          .usage, "--after", "expected a rollout or direct-pixels among the methods, found none")
      }
      settings.stage = try ChangeOptions.wholeStage(after, of: run, option: "--after").index
    }
    return settings
  }
}
