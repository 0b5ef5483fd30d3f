// The choice of the class that is explained and of what it is compared with: two lists.

import Perceiver

/// The dialog's state.
public struct ClassDialog: Sendable, Hashable {
  /// Its lists.
  public enum Field: Sendable, Hashable, CaseIterable {
    /// The class that is explained.
    case choice
    /// What it is compared with.
    case against
  }

  /// The list that keys act on.
  public var field = Field.choice
  /// What was typed to find a class in that list.
  public var typed = ""
  /// The class that is explained.
  public var choice: ExplanationTarget.Choice
  /// What it is compared with.
  public var against: WhyQuestion.Against

  /// A dialog that begins with what is asked now.
  init(_ question: WhyQuestion) { (choice, against) = (question.choice, question.against) }
}

/// A line of one of the lists.
struct ClassLine: Sendable, Hashable {
  /// What choosing it means.
  enum Value: Sendable, Hashable {
    case choice(ExplanationTarget.Choice)
    case against(WhyQuestion.Against)
  }

  let value: Value
  let name: String
  /// The class's probability; nil of what is no class or not known.
  let probability: Double?
}

extension ExplorerState {
  /// The lines of a list, those alone whose names hold what was typed.
  func lines(of dialog: ClassDialog, in field: ClassDialog.Field) -> [ClassLine] {
    let row = explainedNumbers
    let scores = answeredScores ?? row?.scores
    let count = run?.model.configuration.classCount ?? 0
    let order = scores.map(\.order) ?? Array(0..<count)
    let first = row?.first ?? 0
    let classes = order.map { number in
      (first + number, "\(className(first + number))", scores?.answer(of: number))
    }
    var lines: [ClassLine]
    switch field {
    case .choice:
      lines = []
      // A row that was chosen by a number has no other name.
      if explainedRow == rowAtHand {
        let name = givesRows ? whyWords(.answer) : "the answer"
        lines = [ClassLine(value: .choice(.answer), name: name, probability: nil)]
      }
      lines += classes.map {
        ClassLine(value: .choice(.number($0.0)), name: $0.1, probability: $0.2)
      }
    case .against:
      lines = [
        (WhyQuestion.Against.automatic, "as the method does"), (.nothing, "nothing"),
        (.choice(.second), givesRows ? "the second largest" : "the second class"),
      ].map { ClassLine(value: .against($0.0), name: $0.1, probability: nil) }
      lines += classes.map {
        ClassLine(value: .against(.choice(.number($0.0))), name: $0.1, probability: $0.2)
      }
    }
    guard field == dialog.field, !dialog.typed.isEmpty else { return lines }
    let typed = dialog.typed.lowercased()
    return lines.filter { $0.name.lowercased().contains(typed) }
  }

  /// The chosen line of a list; nil where what was typed leaves it out.
  func chosenLine(of dialog: ClassDialog, in field: ClassDialog.Field, _ lines: [ClassLine])
    -> Int?
  {
    let value: ClassLine.Value =
      field == .choice ? .choice(dialog.choice) : .against(dialog.against)
    return lines.firstIndex { $0.value == value }
  }
}

extension ClassDialog {
  /// Chooses a line.
  mutating func choose(_ line: ClassLine) {
    switch line.value {
    case .choice(let choice): self.choice = choice
    case .against(let against): self.against = against
    }
  }
}
