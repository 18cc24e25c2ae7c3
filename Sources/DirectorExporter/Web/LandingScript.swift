internal import NIOHTTP1

/// What refreshes the page for people. Without it the page works all the same.
enum LandingScript {
    static let answer = HTTPAnswer(
        .ok, contentType: "text/javascript; charset=utf-8",
        headers: ["Cache-Control: max-age=3600"], body: text)

    private static let text = """
        "use strict";
        const stale = document.getElementById("stale");
        async function refresh() {
          if (!document.hidden) {
            try {
              const answer = await fetch(location.href, {cache: "no-store"});
              const page = new DOMParser().parseFromString(await answer.text(), "text/html");
              const fresh = page.querySelector("main");
              if (answer.ok && fresh) document.querySelector("main").replaceWith(fresh);
              document.title = page.title;
              stale.hidden = true;
            } catch {
              stale.hidden = false;
            }
          }
          setTimeout(refresh, 5000);
        }
        setTimeout(refresh, 5000);

        """
}
