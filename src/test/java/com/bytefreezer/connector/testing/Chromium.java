package com.bytefreezer.connector.testing;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ReducedMotion;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A real Chromium without a window. Playwright is for one thread. */
public final class Chromium implements AutoCloseable {
    /** Leads to this machine. */
    public static final String OTHER_NAME = "rebound.example";

    /** How long a page may take for one step, on a machine that is busy. */
    public static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Playwright playwright;
    private final Browser browser;

    private Chromium(Playwright playwright, Browser browser) {
        this.playwright = playwright;
        this.browser = browser;
    }

    /** Starts it; where it is missing the test is skipped, or fails when {@code CI=true}. */
    public static Chromium start() {
        var program = TestTools.chromium();
        var playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        var browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(program)
                        // As root it has no sandbox; the others keep it from looking for its maker's hosts.
                        .setArgs(List.of(
                                "--no-sandbox",
                                "--disable-dev-shm-usage",
                                "--disable-gpu",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync",
                                "--no-first-run",
                                // A page lives for seconds: what its scripts gain by being optimized is less than what
                                // that costs.
                                "--js-flags=--no-opt,--no-maglev",
                                // A name that somebody else gives this machine, as DNS rebinding does.
                                "--host-resolver-rules=MAP " + OTHER_NAME + " 127.0.0.1")));
        return new Chromium(playwright, browser);
    }

    /** A visitor with cookies and storage of their own, whose pages move nothing while they wait: that takes a processor. */
    public BrowserContext visitor(Browser.NewContextOptions options) {
        var visitor = browser.newContext(options.setReducedMotion(ReducedMotion.REDUCE));
        visitor.setDefaultTimeout(PATIENCE.toMillis());
        return visitor;
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
