import java.lang.classfile.ClassFile;
import java.lang.classfile.attribute.ModuleAttribute;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Takes requirements out of a {@code module-info.class}: the server's entitlements name modules that only a full JDK has, and
 * use nothing of them. Arguments: the file, then the modules.
 */
public class FewerModules {
    public static void main(String[] arguments) throws Exception {
        Path file = Path.of(arguments[0]);
        List<String> unwanted = List.of(arguments).subList(1, arguments.length);
        ClassFile classes = ClassFile.of();
        byte[] changed = classes.transformClass(classes.parse(Files.readAllBytes(file)), (target, element) -> {
            if (element instanceof ModuleAttribute module) {
                target.with(ModuleAttribute.of(
                        module.moduleName(),
                        module.moduleFlagsMask(),
                        module.moduleVersion().orElse(null),
                        module.requires().stream()
                                .filter(required -> !unwanted.contains(
                                        required.requires().name().stringValue()))
                                .toList(),
                        module.exports(),
                        module.opens(),
                        module.uses(),
                        module.provides()));
            } else {
                target.with(element);
            }
        });
        Files.write(file, changed);
    }
}
