// The C library's idea of how wide characters are, without changing the process's locale.

import Foundation

/// A locale of its own whose characters are UTF-8; nil when the system has none.
func newUTF8Locale() -> locale_t? {
  newlocale(LC_CTYPE_MASK, "C.UTF-8", nil) ?? newlocale(LC_CTYPE_MASK, "en_US.UTF-8", nil)
}

/// Gives a locale back.
func free(_ locale: locale_t) { freelocale(locale) }

/// The columns of a scalar in a locale, -1 when the C library does not know it.
func width(of scalar: Unicode.Scalar, _ locale: locale_t) -> Int {
  guard let columns else { return -1 }
  let former = uselocale(locale)
  defer { _ = uselocale(former) }
  return Int(columns(wchar_t(bitPattern: scalar.value)))
}

// glibc's headers hide wcwidth from modules that do not ask for XSI, so it is looked up.
private let columns: (@convention(c) (wchar_t) -> Int32)? = {
  guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "wcwidth") else { return nil }
  return unsafeBitCast(symbol, to: (@convention(c) (wchar_t) -> Int32).self)
}()
