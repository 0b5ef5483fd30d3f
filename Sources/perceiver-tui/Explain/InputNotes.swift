// What is said of several inputs as they are read: once, and not once for each.

import Inputs

/// Notes on inputs. Of one input they are said as they come; of several what many inputs have in common
/// is said in one line, at the end.
final class InputNotes {
  private struct Note {
    /// The first of the inputs that it concerns, and all of them.
    let first: String
    var inputs: Set<String>
    let sentence: String
  }

  private let areSeveral: Bool
  private let say: (String) -> Void
  private var said: Set<String> = []
  private var notes: [Note] = []

  /// - Parameters:
  ///   - areSeveral: Whether more than one input is explained.
  ///   - say: Says a note.
  init(areSeveral: Bool, say: @escaping (String) -> Void) {
    (self.areSeveral, self.say) = (areSeveral, say)
  }

  /// Takes a note that came while an input was read.
  ///
  /// - Parameter input: What the input is called in the note, if it is one on the input.
  func add(_ note: String, of input: String) {
    guard areSeveral else { return say(note) }
    let lead = input + ": "
    guard note.hasPrefix(lead) else {
      // It is about the options or the model, and true of all.
      if said.insert(note).inserted { say(note) }
      return
    }
    let sentence = String(note.dropFirst(lead.count))
    if let index = notes.firstIndex(where: { $0.sentence == sentence }) {
      notes[index].inputs.insert(input)
    } else {
      notes.append(Note(first: input, inputs: [input], sentence: sentence))
    }
  }

  /// Says what was held back, with how many inputs it concerns.
  func finish() {
    for note in notes {
      say("\(note.inputs.count > 1 ? "\(note.inputs.count) inputs" : note.first): \(note.sentence)")
    }
    notes = []
  }
}
