// What libjpeg made up or passed over in a JPEG file, in words.

import CJPEG

/// Tells the flaws of a file that was decoded, the worst first.
struct JPEGFlaws {
  private let findings: cj_findings
  private let file: JPEGSegments

  init(_ findings: cj_findings, _ file: JPEGSegments) {
    self.findings = findings
    self.file = file
  }

  /// A missing end marker alone, a trailer and bytes between segments are none.
  var list: [PictureFlaw] { [cutShort, damage, leftover].compactMap { $0 } }

  private var cutShort: PictureFlaw? {
    let detail: String
    if findings.is_cut_short != 0, !file.hasSeveralScans {
      detail = "about \(findings.cut_row) of \(file.height) rows are there, the rest is made up"
    } else if findings.is_cut_short != 0 {
      detail =
        "the data end in scan \(findings.cut_scan), about \(findings.cut_row) of \(file.height) "
        + "rows down; what is missing is made up"
    } else if findings.has_no_end != 0, findings.missing_component != 0 {
      detail =
        "the file ends after \(scans), without component \(findings.missing_component)"
    } else if findings.has_no_end != 0, findings.missing_detail != 0 {
      detail = "the file ends after \(scans), without the finest detail"
    } else {
      return nil
    }
    return PictureFlaw(kind: .cutShort, brief: "cut short", detail: detail)
  }

  private var damage: PictureFlaw? {
    if findings.damage_count > 0 {
      let offset =
        file.hasSeveralScans
        ? "scan \(findings.damage_scan), row \(findings.damage_row)" : "row \(findings.damage_row)"
      let more =
        findings.damage_count > 1 ? " and \(findings.damage_count - 1) more such places" : ""
      return PictureFlaw(
        kind: .damaged, brief: "damaged",
        detail: "pixels are wrong from about \(offset) on (\(firstDamage)\(more))")
    }
    if findings.missing_component != 0, findings.has_no_end == 0 {
      return PictureFlaw(
        kind: .damaged, brief: "damaged",
        detail: "no scan holds component \(findings.missing_component)")
    }
    return nil
  }

  private var leftover: PictureFlaw? {
    guard findings.leftover_bytes > 0 else { return nil }
    return PictureFlaw(
      kind: .leftover, brief: "may be damaged",
      detail: "the scans have \(findings.leftover_bytes) bytes more than their pixels take")
  }

  private var scans: String { file.scanCount == 1 ? "1 scan" : "\(file.scanCount) scans" }

  /// libjpeg's words for the first damage, without what they all begin with.
  private var firstDamage: String {
    let words = withUnsafeBytes(of: findings.damage) { raw in
      String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
    }
    let opening = "Corrupt JPEG data: "
    return words.hasPrefix(opening) ? String(words.dropFirst(opening.count)) : words
  }
}
