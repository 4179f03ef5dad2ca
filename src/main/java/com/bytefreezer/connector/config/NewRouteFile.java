package com.bytefreezer.connector.config;

import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.text.Names;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A route file that a person writes from the page. Safe for use by several threads. */
public final class NewRouteFile {
    private final Path root;
    private final Path file;
    private final String what;
    private final String name;

    /**
     * One that may not exist yet.
     *
     * @param folder below that of the route files
     * @param what the file describes, as "an export"
     */
    public NewRouteFile(RouteFiles routes, String folder, String what, String name) {
        root = routes.folder();
        // A text that is no name may be no path either.
        file = root.resolve(folder).resolve((isName(name) ? name : "unnamed") + RouteFiles.SUFFIX);
        this.what = what;
        this.name = name;
    }

    /** Its name in messages. */
    public String shown() {
        return root.getFileName() + "/" + root.relativize(file);
    }

    public boolean exists() {
        return Files.exists(file);
    }

    /** Whether its folder can be written. */
    public boolean isWritable() {
        Path folder = file.resolveSibling("");
        return Files.isWritable(Files.exists(folder) ? folder : root);
    }

    /** Why it cannot have its name. */
    public Optional<String> problemOfName(String example) {
        if (!isName(name)) {
            return Optional.of(
                    "name: use only a-z, 0-9 and -, at most 100 characters, for example %s.".formatted(example));
        }
        return Names.isOfDevice(name)
                ? Optional.of(
                        "name: %s is a device in Windows, so nobody could copy the file there. Choose another name."
                                .formatted(name))
                : Optional.empty();
    }

    private static boolean isName(String name) {
        return name.matches("[a-z0-9]+(-[a-z0-9]+)*") && name.length() <= 100;
    }

    /** Says that another file has the name. */
    public String taken() {
        return "There is %s %s already. Choose another name.".formatted(what, name);
    }

    /**
     * Writes it.
     *
     * @throws ApiException if it exists, or cannot be written
     */
    public void write(String yaml) {
        try {
            PrivateFiles.createFolders(file.resolveSibling(""));
            PrivateFiles.writeNew(file, yaml.getBytes(StandardCharsets.UTF_8));
        } catch (FileAlreadyExistsException e) {
            throw Files.isRegularFile(file) ? ApiException.conflict(taken()) : notWritten(e);
        } catch (IOException e) {
            throw notWritten(e);
        }
    }

    private ApiException notWritten(IOException e) {
        return ApiException.forbidden(
                "%s cannot be written (%s). Nothing was written. Download the file and put it there."
                        .formatted(shown(), Failures.describe(e)));
    }

    /** The command that starts this program as a watch: one of the two in the README. */
    public static String watchCommand() {
        Path program = Path.of(URI.create(NewRouteFile.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toString()));
        return Files.isDirectory(program)
                ? "mvn -q compile exec:java -Dexec.args=\"--mode watch\""
                : "java -jar %s --mode watch".formatted(program);
    }
}
