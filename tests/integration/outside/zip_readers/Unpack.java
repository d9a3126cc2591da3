import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Unpacks the archive on standard input. Prints for each file the name in hex and the SHA-256. */
public class Unpack {
    public static void main(String[] arguments) throws Exception {
        var hex = HexFormat.of();
        var zip = new ZipInputStream(System.in);
        for (ZipEntry file; (file = zip.getNextEntry()) != null;) {
            var hash = MessageDigest.getInstance("SHA-256").digest(zip.readAllBytes());
            System.out.println(hex.formatHex(file.getName().getBytes(StandardCharsets.UTF_8)) + " " + hex.formatHex(hash));
        }
    }
}
