package com.bytefreezer.connector.cage;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The main class of a cell's process. It reads everything it needs from standard input. */
final class CellMain {
    private CellMain() {}

    /**
     * Works until its standard input ends.
     *
     * @param arguments the folder to remove when the parent has ended
     */
    public static void main(String[] arguments) throws Exception {
        Locale.setDefault(Locale.ROOT);
        // If java.library.path has the library, DuckDB must not find the one in its jar: it would unpack 60 MB.
        ClassLoader loader =
                System.getProperty("java.library.path", "").isEmpty() ? CellMain.class.getClassLoader() : loader();
        Thread.currentThread().setContextClassLoader(loader);
        loader.loadClass("com.bytefreezer.connector.cage.Inmate")
                .getMethod("work", Path.class)
                .invoke(null, Path.of(arguments[0]));
    }

    private static ClassLoader loader() throws MalformedURLException {
        String[] paths = System.getProperty("java.class.path").split(File.pathSeparator);
        URL[] urls = new URL[paths.length];
        for (int i = 0; i < paths.length; i++) {
            urls[i] = Path.of(paths[i]).toUri().toURL();
        }
        return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader()) {
            @Override
            public @Nullable URL getResource(String name) {
                return name.startsWith("libduckdb_java") ? null : super.getResource(name);
            }
        };
    }
}
