/// What is wrong with a web configuration file: where, what, and how to mend it.
package struct WebConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file as the caller calls it.
    package var file: String
    /// Nil where it concerns the file as a whole.
    package var position: Position?
    package var message: String

    package init(file: String, position: Position?, message: String) {
        self.file = file
        self.position = position
        self.message = message
    }

    package var description: String {
        position.map { "\(file):\($0.line):\($0.column): \(message)" } ?? "\(file): \(message)"
    }
}

/// A place in a text.
package struct Position: Sendable, Equatable {
    /// From 1.
    package var line: Int
    /// From 1, in characters.
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A value, and the place where it was given.
package struct Located<Value: Sendable>: Sendable {
    package var value: Value
    package var position: Position
}

extension Located: Equatable where Value: Equatable {}
