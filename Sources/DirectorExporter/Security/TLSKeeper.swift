internal import Synchronization
internal import WebConfiguration

/// Certificate, key and client CAs as they are in their files, now and after each change.
///
/// What can't be used doesn't take the place of what could: the last good ones stay.
final class TLSKeeper: Sendable {
    let settings: TLSSettings
    private let file: String
    private let engine: any TLSEngine
    private let files: [WatchedFile]
    private let state: Mutex<State>

    private struct State {
        var context: any TLSContext
        /// Of the files when they were looked at last, whether they were any good or not.
        var identities: [WatchedFile.Identity?]
    }

    /// What a look at the files brought.
    enum Refreshment: Equatable {
        case unchanged
        case renewed
        /// The last good ones stay. Says what is wrong; not said again until the files change.
        case failed(String)
    }

    /// Reads the files.
    ///
    /// - Parameter file: the configuration file, for errors.
    init(
        _ settings: TLSSettings, file: String, engine: any TLSEngine
    ) throws(WebConfigurationError) {
        self.settings = settings
        self.engine = engine
        self.file = file
        files = [settings.certificateFile, settings.keyFile, settings.clientCAFile].compactMap { $0 }
            .map { WatchedFile(path: $0.value) }
        // Looked at before they are read: what changes in between is seen the next time.
        let identities = files.map(\.identity)
        let context = try engine.context(settings, file: file)
        state = Mutex(State(context: context, identities: identities))
    }

    /// What new connections get.
    var context: any TLSContext { state.withLock { $0.context } }

    /// Looks whether the files have changed, and reads them again if so. Waits for the disk.
    func refresh() -> Refreshment {
        let identities = files.map(\.identity)
        guard identities != state.withLock({ $0.identities }) else { return .unchanged }
        do throws(WebConfigurationError) {
            let context = try engine.context(settings, file: file)
            state.withLock { $0 = State(context: context, identities: identities) }
            return .renewed
        } catch {
            state.withLock { $0.identities = identities }
            return .failed(error.description)
        }
    }
}
