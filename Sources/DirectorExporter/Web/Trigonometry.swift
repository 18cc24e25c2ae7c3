internal import Glibc

/// Sine and cosine, for drawings.
enum Trigonometry {
    static func sin(_ angle: Double) -> Double { Glibc.sin(angle) }
    static func cos(_ angle: Double) -> Double { Glibc.cos(angle) }
}
