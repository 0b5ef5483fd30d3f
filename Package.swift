// swift-tools-version: 6.2

import PackageDescription

// Arrows between targets go one way: C modules, then Tensors, then Perceiver and Pictures, then
// Inputs and Datasets, then Explorer, then the executable. Screens needs no other; only the
// executable knows ncurses.
let package = Package(
  name: "perceiver-tui",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Perceiver", targets: ["Perceiver"]),
    .executable(name: "perceiver-tui", targets: ["perceiver-tui"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // C
    .target(
      name: "CTerminal", exclude: ["terminfo"],
      linkerSettings: [
        .linkedLibrary("ncursesw", .when(platforms: [.linux])),
        .linkedLibrary("ncurses", .when(platforms: [.macOS])),
      ]),
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .target(name: "CPNG", linkerSettings: [.linkedLibrary("png")]),
    .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    .systemLibrary(name: "CWebP", providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),
    .systemLibrary(name: "CGIF", providers: [.apt(["libgif-dev"]), .brew(["giflib"])]),
    .systemLibrary(name: "CTIFF", providers: [.apt(["libtiff-dev"]), .brew(["libtiff"])]),
    .systemLibrary(
      name: "CSndFile", providers: [.apt(["libsndfile1-dev"]), .brew(["libsndfile"])]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CKernels"),

    // The library
    .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS", "CZlib"]),
    .target(
      name: "Perceiver", dependencies: ["Tensors"], exclude: ["README.md", "Families/README.md"]),

    // The program
    .target(
      name: "Pictures",
      dependencies: ["Tensors", "Screens", "CPNG", "CJPEG", "CWebP", "CGIF", "CTIFF"],
      exclude: ["Formats/README.md"]),
    .target(
      name: "Datasets", dependencies: ["Perceiver", "Tensors", "Pictures", "CZlib"],
      exclude: ["README.md"]),
    .target(name: "Inputs", dependencies: ["Perceiver", "Tensors", "Pictures", "CSndFile"]),
    .target(name: "Screens"),
    .target(
      name: "Explorer", dependencies: ["Perceiver", "Tensors", "Pictures", "Inputs", "Screens"],
      exclude: ["README.md", "Sessions/README.md"]),
    .executableTarget(
      name: "perceiver-tui",
      dependencies: [
        "Explorer", "Inputs", "Perceiver", "Tensors", "Pictures", "Datasets", "Screens",
        "CTerminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["README.md"]),

    // Tests
    .target(
      name: "TestSupport", dependencies: ["Tensors", "Perceiver", "Screens"],
      path: "Tests/TestSupport"),
    .target(name: "SoundForms", dependencies: ["CSndFile"], path: "Tests/SoundForms"),
    .testTarget(
      name: "TensorsTests", dependencies: ["Tensors", "CKernels", "TestSupport"],
      exclude: ["make_arrays.py", "make_folders.py"], resources: [.copy("Fixtures")]),
    .testTarget(
      name: "PerceiverTests", dependencies: ["Perceiver", "Tensors", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "PicturesTests", dependencies: ["Pictures", "Tensors", "TestSupport"],
      exclude: [
        "make_formats.py", "make_frames.py", "make_jpegs.py", "make_pictures.py",
        "make_processed.py", "make_rings.py",
      ],
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "InputsTests",
      dependencies: ["Inputs", "Perceiver", "Tensors", "SoundForms", "TestSupport"],
      exclude: ["make_tokens.py"], resources: [.copy("Fixtures")]),
    .testTarget(
      name: "DatasetsTests",
      dependencies: ["Datasets", "Pictures", "Tensors", "CZlib", "TestSupport"]),
    .testTarget(
      name: "ScreensTests", dependencies: ["Screens", "TestSupport"], exclude: ["Golden"]),
    .testTarget(
      name: "ExplorerTests",
      dependencies: [
        "Explorer", "Inputs", "Perceiver", "Pictures", "Screens", "Tensors", "TestSupport",
      ],
      exclude: ["Golden"]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "perceiver-tui", "Perceiver", "Tensors", "Pictures", "Screens", "SoundForms",
        "TestSupport",
      ]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c17
)

// Built only when Tests/Fuzzing/fuzz.py asks: it needs libFuzzer for its main.
if Context.environment["PERCEIVER_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "Tensors", "Perceiver", "Pictures", "Inputs", "Datasets", "Explorer", "Screens", "CZlib",
        "SoundForms",
      ],
      path: "Tests/Fuzzing", exclude: ["Found", "Kernels", "fuzz.py", "make_seeds.py"]))
}
