/* tests/unit/hash.c - digests and sums against those of the GNU tools, whole and in pieces. */
#include "base/crc.h"
#include "base/hash_blake2.h"
#include "base/hash_md5.h"
#include "base/hash_sha1.h"
#include "base/hash_sha2.h"
#include "tests/unit/kit.h"

enum { KINDS = 9 };

static const struct {
    size_t size;
    const char *digests[KINDS]; /* md5, sha1, sha224, sha256, sha384, sha512, b2sum, b2sum -l 256, b2sum -l 8 */
    uint32_t crc, cksum;
    uint16_t bsd, sysv;
} cases[] = {
    {0,
     {"d41d8cd98f00b204e9800998ecf8427e",
      "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "d14a028c2a3a2bc9476102bb288234c415a2b01f828ea62ac5b3e42f",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
      "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f"
         "63b931bd47417a81a538327af927da3e",
      "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b"
         "903a685b1448b755d56f701afe9be2ce",
      "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
      "2e"},
     0x00000000, 4294967295u, 0, 0},
    {1,
     {"8bb6c17838643f9691cc6a4de6c51709",
      "8dc00598417d4eb788a77ac6ccef3cb484905d8b",
      "73055e1bfbe2243c6f407c6adb49f42ff7b81976e60b60fb6127d135",
      "e77b9a9ae9e30b0dbdb6f510a264ef9de781501d7b6b92ae89eb059c5ab743db",
      "598d26bee77a583a7a57bf1cbfc861fb9d8542dde4a868ada4aff5d0fb93aab41de37cad129159412ffcacdcef933272",
      "095f3e448a55fa2c3c7049c01dcf12fb87c44477cf367993132ca74c92a27a1eaaa341c2fd5724ea449cec2728547e80"
         "edbb7e6029891c5ffd157e283ebb41e5",
      "25a56b041ab162d71bbdceef5c62e14dd217b68ed5267ed2c6cf934493deae03190b646c68ad3be94fd9f245c4469e10"
         "e8d3e7fa3a927d62b589c80f4dc55caf",
      "fb3d635c7cb573d1b9e9bff4a64ab4f25190d29b6fd8db94c605a218a23fa9ad",
      "cf"},
     0xa2681b02, 1812136509u, 5, 5},
    {55,
     {"1b2ec3b078050f5105043ec4cc2c7144",
      "785ee2a861147c709f45b8c6da7ae2914baadd69",
      "79f207ecd6e3e0c7708ccfad88e18cc1a40c796ec73b2915e3e029a9",
      "a30e848d7b238ecd21e0346e2d6467e8a39b34ea898bad1bf0f621b3e5582468",
      "11cec0ed8fce6f4e488bff5d944bde524c37f4a4b691875b7365408611c8bc4b96c46245ab42e33eeccbbd641224d352",
      "1c94453ca8c300228af201e66b2d5f4e88ce7131b9ce0cef2cfb3ab65914b621f2f308bf81affa2eacc20d5617ec7ea5"
         "a0a6f86f2e0bacd64bfed352939bfbab",
      "7cd9f0914eea46b3ff7e8731922494400628ff04e3072473b25f4347e65dd755c028e48b884365793a39125d87622c73"
         "70384ee969df608abb1894861d76c271",
      "d6cbec676fc0fb7459983379c69d71fc9c16415459811fa94ab30f5db4e44f7f",
      "b6"},
     0x9acc8f0a, 2732015439u, 29198, 7377},
    {56,
     {"8fbf578e8cfbaaf61560e4b58de04502",
      "37263028a250e7dbd09ee1c5c0cb7385fb82324d",
      "adfee6dddf3f82da63f3965c55c8ee117830477d28dc3d8742704662",
      "be8239dcaa332de595f725e25fa07a888d0f2c9574b1520e0cb2955d024ac79d",
      "bcfd7db5fb851efe07f2c51aeec9bd6dcded391de808855942254732113eafd80bcbe61a1df37d9f4a3132f4d3995100",
      "be0a80f7c30d264adcd6b84128aa82361144ccacee54ca5f9af4edf9e3cd849fac033e877e533872041c64e723b141e9"
         "0189d99c81c7219c7378abce842b9033",
      "0f28edba421184aee0e50fe6ca236bc38ccf6fb681b57c0b8272d0338c6ba7e1b98a299ae4d7550a4d3da3a51aab2076"
         "4265ebba5c0a0605fa5f9c404c4cea68",
      "c9d4b4bfdf7c10a51115fca279fd0f54dccb66033465ed05ecd1ff0e0d87fc9d",
      "51"},
     0x4191dc9f, 3726743470u, 14734, 7512},
    {63,
     {"da091710236b6f6419ee4b36c4e87541",
      "d9f4669a985ed5ac13caaf5fa67e52bd95a7baee",
      "13bf01a97e6a1a64762b4eb5431307788033fc5b3dcefb3fa5f8ba67",
      "41cb38ca56b2efce7dea02327ae60fd1a7df0f0ac27cb2265500ed2594c189da",
      "615e23a450f2e349d5d32950c74690cf5ba1018bfb7e674125f0f9e294677286c8aa7bc13654a5c46c7d0f43ffef8565",
      "78baf151e50ea8685c4a62e55b12465230edfbe65e78987589e2f1da73459ac830f90bb7398b0605c3a6a362c01cbdfb"
         "29286be4e6e516834d7c1c7e7b782427",
      "96e786c1e0a236e7493159fd3034f6aadc1e8a3c88e6d7cf1c0add1b7d0c56321a845b25c221fe3ef48eedd36d62f884"
         "49c5f51d2c8c44878d40dcebf0fe788a",
      "41ddc3a43634d5d8e9acd9a6382db6f4b253b5f79b042b9876894725bfd18153",
      "cb"},
     0xaba68dfe, 3588572474u, 59750, 8577},
    {64,
     {"7d849459e9a825182da025e8bae59b48",
      "8a443ac8d3ba6c81a6c2d1b71d65aebe9ad3865c",
      "a7454cb9577e3e0da44e62af8c26859765491e312ef147e67f597e77",
      "58df274fbc079e9acb7204c90ba38fa1e920464c0f52b981d1da5a5b63bf8cbe",
      "0ad3695bcff5ebae03f25315f00d711ec516f45e78c8be511fbf79ecec693c50b90e2b240bb28c755bccd8bef192fff5",
      "3c572660ce7d7a1c19db55971c174ee318cbd362bf3188f2eaca5cbb0865b1ce48f87c7f5ac3c5633214a9e8a764c578"
         "62626646eccb7dc2cf774cd029982ad7",
      "ea6d4fe80605ccab63d0e6d6a6a98f679623c8bc8846a00bf6ecbb36f011e4ef2b6eb6048be685845fbbb3e2bce50415"
         "b554965dfe8727251c6f590552b4ec6b",
      "df367443d038ec5a66edaed57da283611c59d068cdc77e3fc5f9f2b97d9c9742",
      "33"},
     0xd3723806, 3840340518u, 30066, 8768},
    {65,
     {"6e4a28802304a19753a53d31a2e8d1c1",
      "dceb59b496639c279684557ce478eca762b4b425",
      "955d3b26d9451c0e4ee832384d919d18661b2b968e884f89a918157f",
      "22dd895b6297c9661ecf5ece0db97b5aae7f6cf52643f1c5321152e75066bb30",
      "16b332ddab566a251f033a4da84d1f0cffd275c5309db27e44c6b92b459916dc75a9eea151c079b1d043e0eabcb184ad",
      "fbb405352efe48275b341c06ccafca94395792956ef58c1287e7526f0e6ae2ba91b9661cb6ca96df68ef3a1f6d8b8f06"
         "88469c48efe23430dd1f4094d7ee3def",
      "f9b1e24a9b9522a7af8de16352efae2dcfe7d02bb10a9be6f6a772d19d38f5136fd2bd6a7d09de02387cf7a3ad11eeb3"
         "857509c6e95b3f2d38a0f4487fad63f3",
      "3bff73bbef104e1f336cb5fffaf8d15fd81187ab5391740b8f62f4012e995611",
      "2b"},
     0x3d048d9f, 651344731u, 15102, 8837},
    {111,
     {"ca34fcc5259dbf9fcb35f5c5692bb1b2",
      "04890a6caf8f894fa30c82cc6635265222e3737d",
      "949f98cfa2ad26c9db65ff5e5eb5da6484ab0cf049b4a4cc1dcd441b",
      "71836eadd7a3cfcecf9bf269e386ab1450e457315414abcc493f7b26936e497f",
      "bb90186f9de56f524c353f1cbca5f7b5971698b99cccd0a1222728bae49eb7e6a6f3b3d943f66eb8445a0f62fd8591ca",
      "dac8dfea0d8e497c93bb82daba026f2ae10e89ff7346439728314983c1a1bdd2371be0645b7a0550a6fcc4701daf6156"
         "2d95447cf78dae3934aa28807c8d94f6",
      "dce6f8dfb8adfc325cff1dcf9d65525aa4bf2475f19f8cc83f1adc9e0d7cd569a4bc8e228bb6036c4824de82851a8b49"
         "9e6d1d439ae19af25518dcea8c63d91e",
      "61a27e0ccb6c09e295a1b25b6aaf6fab35835769ecf794809d7b60b19b10a37c",
      "13"},
     0xf594615f, 2302282740u, 39660, 13985},
    {112,
     {"20f4dd64e0b0a8bdaf4717d4dae61fea",
      "56883cdee58dffa052bc0ffb57483cb78efce94f",
      "3a403220b2f7a24b42947cbdefa34c0f7a7b42f4d5c2d31128f827e6",
      "f480487b556e5d384431cb42aefbee1a612bca948b00b7c677f1049d0b73b122",
      "863e54e92d4c0bf4376358ea5ef14bbb7cfd69240be7b1d0b407d298bed9d1af09c93b573e4e26851dfef95c96f09bf5",
      "d57803a9d662bf9d1996c3c13c225776486a59806e80db35bdfb556abff154f0647fa4916555b85e401b54e0cb10d710"
         "a62c4f40091ac0382ba4b4048df0e5c0",
      "cefb942398a0c5b07dc176c05f83ae5846c6394b2196915f89d873cb012b82c7c0c9cb707b824b37be847413d1090b1b"
         "880d204ae8e2aaa155624e96b4d9e627",
      "9ebb4033cfe773cee0ca6a286aec81f46f80ae9beb00d00ae701cf6386be5226",
      "44"},
     0x5424a938, 3286514623u, 19973, 14128},
    {119,
     {"6dfcc5d0152ba50ebbeba2f85ab3af60",
      "32fd291218ba7ffe05ab1006c1ab20c9ac438fc5",
      "9329991cfdae2961349668e48b1a0275523103506ebc5797b95d742b",
      "4f94a21c2e6d0a2366cddba32bd7ee29390429f648a7fb45ca49594ac1c3fa5d",
      "69b70da689f39c073fdb05efbcb366b9cee549a6d1eb35eafbae537c4297f5110f9677db4f6b0e9874a7edea18f1c261",
      "493828fca1d3ee3b27a2fd231c2956f445f09c81df2d43103ba2846c1e4b122b619fde354b7c0e752ace0b9f78d1f8f6"
         "9e0c1c88b1f1e8fbf30980bb02b321a0",
      "d279039a5ceb7d6754e4dae2102c65d4396252642f17275d03c2cda22e8c09698056da045bb74aa397a90e2252f5032d"
         "77524124492a1593cdc63ddffbeb665a",
      "15384057d6f95119f7cfc28e02166aa9eab0e40e1846385448f5e719f1ba84cd",
      "4e"},
     0x557c6d7b, 1021167525u, 63439, 15185},
    {120,
     {"730b455f4623d05f7d49ea8684d85a0b",
      "deaa10707ea50735b013a15ceb08e25c9c998a40",
      "a7df731569768d802633d2eeaa04210ecee86af42266a77b1abe4c19",
      "5b58e2b89bbf7f5918398ef1a3e075c1e98212fe192ed5cd590fcc5650665c95",
      "e14810405ac3ddcf9dded68c63872772c1df2ce8d881816ff65abc512dc3e7c575343af245d7cd5bf9cefc8908f0da76",
      "a4902028e02aca19c8a4206b2f97b831c8d087673daf25b0ab03b61ed83b0d8cf958de2c2e601f545b0567190a84950f"
         "1d9f3ebe56a206e60dcdfee3b75b1b98",
      "6656ded1baec0fb63467ac6d06288aefd5e887b5ce866b6c73ca7ac238908a8597fe96b595ff0927eb90077c3ea77dac"
         "ce3b367ee137fed11e27d3d0dbd0b5ec",
      "c49240411206fc288a44631ee05e8105365b5fc391b9e6671b3564e16ceb092c",
      "90"},
     0xfd38ef67, 2067812053u, 64558, 15256},
    {127,
     {"435ce7e7a9e601ba577ff073f5243acb",
      "3b97fba6c63f467364938f9e5f701bc77ed04532",
      "68a1ed2f33b0e6aba7f105a78f8c92e5969cb687c412ce0e8ebfbcfb",
      "02686c4e338de143eb5b6cbe2c358e12f5a8d523f0c7b48d0d43e857bd0f91f9",
      "ca8ae169c21a40df44bd631692f342a4f16dc28e99e03ff7718b0dd561a734787b5eb984ae6e4e6abd110f6fe28559cc",
      "4df7c5e5084b8882ddf59070b43b549d7dfb732abba88abcd91c4a64acdffb84f1e842a0fd4388017ffbfb06ab88fd1b"
         "a76ef6ca839fa22ec2668de62dc31ed0",
      "c7b2638b7cb775c4165383ce4dcf29002c8acf82ebe5571f0ceae7cc1f13311f51fbbfe4f100fd1d35f3aa57663102b0"
         "3adc5adbd5bec0025951c24629a1bea9",
      "a5755e24e427fad249d7a1475ce4d10940edb53d5d9edf93a23d32fa3de20b58",
      "e2"},
     0x9bc6f93b, 2327970267u, 11047, 16385},
    {128,
     {"ebe5fb8fb44f147c4bca74db270e8b91",
      "3de6c78a36819e1a71a120f8ae7cc04c5ed4ed4f",
      "fbc9985b3e7183926f7f34b481b9edbda2cbae0ae0a0c3cf55ad7323",
      "989b6a68b081f56f7464afbaccc211a7969f19d7a983d8393342a74e84e61d56",
      "42bc991dd8d932a95452c3d8fd6371189ddf6a23d293901f0d81943694fbfc7621d61c1e2a141766bbb044e869e2cba7",
      "6070e96e20ec1cc4557cafda33e0c9f815b8b306e84117acaceaa21dc41f7493b6c6868901c1234ea5c162a176418ad7"
         "8c189c0d7038b65a6943af140cd43720",
      "be0ce7ba1355b79d48b91d8391187a18e5f9c967de597206432afcb40f5b4252ee5e5f75679075ccdf1c9bb5ff25c825"
         "454439af2defb303dde33cecdcf2a290",
      "f1caea2efd55b3dfa244ea50a5620639a84379ddadb97c336212673dea9ce868",
      "4f"},
     0xa328acfd, 1551650205u, 38418, 16512},
    {129,
     {"212e117c26417d5e774957e679b29f3c",
      "39052a2570fd97297e8ee3567ebea6febf044d65",
      "2ce60570cc5a952ff2a6fda26b57ba7d7add16f12d6a78e8f711dfef",
      "6ba57c0f1e3549cadc8ed5be50bbec6b8f4612dd607dd3d256add50640be95bc",
      "850442cd96ea42dc61b19ebff259a82f4a8b98a9a312e7e0ee3156b03dbdaf7ff9de49c973d5952b817ec57fd7a71ff0",
      "9458a644641172ad0a44b4857c163a6d4cdc2e2361839757491c247cf5797ce19afa12e1373f8014611e5f8f777d9cff"
         "1be2c2d9d074fa798b24cce2a4a40bca",
      "2aff2182b86ce59d976baab8892a4f6967643d9d7c7f4d596cb3bc75c8709520b895e5591cff7a4181c1e22acb688b88"
         "8526829a586a9d806f0c7e548d4db93f",
      "1bfb3386796ee57b33eb09de2fa66830a7e8db86d97a7217a5fbab2257143460",
      "bd"},
     0x8c7f3e2f, 2060578820u, 19342, 16645},
    {200,
     {"6077195c303a4d376510779b9e90caca",
      "0e85efe572ffdbfd170698b2a0e2cffd129df5d9",
      "7d5e5b4c0abce487b8612366e8ce8721ed36a873ba83ab96821bc0b1",
      "ae0e0d96cbacf48740ace0b5cb0bd66db94c62b9da87a725bb080625a9ba7175",
      "28fdf4e174b852e5359b91b771d4ee30aaf55307a530aee8cf23bab5261e6086b46f8e5e4d92ca7bb0114839e28c6320",
      "beb8e4be2f94470965d64286f87c5bc1302227ed46bcac3c900af0c101111fcfc2030523b49a8ad99c4e41041bc138c5"
         "58f52b7d4d78c25ee76adf9c1eb43fa3",
      "4ca160548e6200648a37d794c50a123b2c03f58ae22cbcc473b8b53fd1f41d45d2aa54e9fd9a0a36371496de179c0f01"
         "12ef9268ef4d521f5ded192bcbbd682c",
      "de06e28f6914b8c54bd5e3763afa083c6be0424e0c5c8cf959c82d300d75d4fe",
      "a8"},
     0x0e3afd1e, 276998383u, 47452, 25896},
    {256,
     {"d77d9191bbdce86f935d6ab43dd44aaa",
      "e9f118853b914995df2db8899a5f3c4849fc929b",
      "fdb06962743473aabcc2b33ac3a5e3045381bda6a3645f3fc86d3162",
      "af9f18e5646936be95e648ac5540eae1d78e9adec802db8859cc6580bf71325e",
      "9d8871721977bc1dfe837feb87042de52e3d64bb23d6ed28da018b9518f134cbd6f31b9749b986b56b1eb3920b3916b3",
      "c084c6341734419f73d15d7045d1bd8f2f06da12a9891c8a3b66fc6d5c72c076f847d237894910f4ddd254963141fdad"
         "de7f7272f953612821fd0ffd2e8ebd7c",
      "f77ace70ee3a72f13f0e95664faf86a8c6b1d4e5df77d348f79511afa88019563fe192691e51a7148586c7c300cd996e"
         "cf9e77812838dbe0a3bf39ee05e1b74f",
      "d014afe749fb9e8f6f64005fc37a97d454d679c0b0cb887c1b14258061ccf057",
      "f8"},
     0x361bd908, 3306091501u, 17085, 32768},
    {1000,
     {"23a4c69ec19e4c3f1be3e5794c96bc1e",
      "1353d26014faffc3b430f5bf43b019196b717321",
      "24435b9811e0b5f1b19da94c4bbe19a1da78eb8630f99269f3fa3da1",
      "38a0e9a7b74512acbcecaf3c52de34bbec1cd2fe90c4a8548f5b14d759d8f3db",
      "7c2a5ead1c8b365f7cefeaaede93127d5d832633f5461877c7679fe0832ff07a7fc935c072110792245cc61436de79b2",
      "037ae37e4e4eebbb7fdd0bd57182c138dff98d773901be8ed0a34257e13303a5f3bb86264456e863acb3121f4df50af4"
         "c2c1e164edc7fbc646d9790eca88872b",
      "8b8237dec3cf7936e3ae724e053711b85cde7edc581255a4743b6e46b8372f36d0ca53b3d1e8b2ceb820b5f97ff12486"
         "7c2bae08502fe14d39fa5cb9b8446592",
      "a9e8461b410a1bb39a0cd555e2b75d3f55ea0a5deac453394ce02cf82537ee89",
      "4c"},
     0xa493f338, 3953758810u, 4003, 62665},
    {4096,
     {"021ed870369b725d9c4ca4968e9d458a",
      "2f03915b6c0719d8daa7b32e738420a7b69a7f3d",
      "70b0d65df4ba5b8e3f4df778a85155e6dc8cfdbcebb57fcd426a0e44",
      "e8a8729dd77b6cb439a0a1fcc7917914ab1436fbafda5e0eb210c78dba9a6eca",
      "2a0c16358904024e65fdbf82e2b4f5e046b90db3e0cef3f2389cc7e0e86eeb5db5e3fb14d82bf8f36991bf6f87c2d233",
      "7403057b05a973e9a03d06a7328dae3a5b105fbc1ea9eff21534f3f6059dbb0063044b443c87be8a81950859b73eed14"
         "dd05a017ba8329493c5d25c2858337f7",
      "eadd0de1bde0a2496c2b3d34386b32cc78f0615c51ba297bcd39851a39237643fce281b6ce469f37fd4432164bdf9974"
         "4c9aa97c19863d4d3cda78b8d275611b",
      "7bb729a44a3381db6d4314c0fbf29fc1ee61077c7d9deb48ab30d4a2b327b375",
      "04"},
     0x6169f0bb, 673964744u, 59695, 8},
};

static unsigned char data[4096];

/* The digest of the first `size` bytes in hexadecimal, taken in pieces of at most `piece` bytes. */
static void digest(int kind, size_t size, size_t piece, char *text)
{
    static const int sizes[KINDS] = {16, 20, 28, 32, 48, 64, 64, 32, 1};
    struct hash_md5 md5;
    struct hash_sha1 sha1;
    struct hash_sha256 sha256;
    struct hash_sha512 sha512;
    struct hash_blake2 blake2;
    unsigned char out[64];
    hash_md5_init(&md5);
    hash_sha1_init(&sha1);
    hash_sha256_init(&sha256, sizes[kind]);
    hash_sha512_init(&sha512, sizes[kind]);
    hash_blake2_init(&blake2, sizes[kind]);
    for (size_t at = 0; at < size;) {
        size_t n = size - at < piece ? size - at : piece;
        switch (kind) {
        case 0: hash_md5_update(&md5, data + at, n); break;
        case 1: hash_sha1_update(&sha1, data + at, n); break;
        case 2:
        case 3: hash_sha256_update(&sha256, data + at, n); break;
        case 4:
        case 5: hash_sha512_update(&sha512, data + at, n); break;
        default: hash_blake2_update(&blake2, data + at, n);
        }
        at += n;
    }
    switch (kind) {
    case 0: hash_md5_finish(&md5, out); break;
    case 1: hash_sha1_finish(&sha1, out); break;
    case 2:
    case 3: hash_sha256_finish(&sha256, out); break;
    case 4:
    case 5: hash_sha512_finish(&sha512, out); break;
    default: hash_blake2_finish(&blake2, out);
    }
    for (int i = 0; i < sizes[kind]; i++)
        sprintf(text + 2 * i, "%02x", out[i]);
}

int main(void)
{
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(i * i * 7 + i * 13 + 5);
    static const size_t pieces[] = {4096, 1, 3, 64, 65, 127, 128, 129};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; k++) {
            size_t size = cases[i].size, piece = pieces[k];
            for (int kind = 0; kind < KINDS; kind++) {
                char text[129];
                digest(kind, size, piece, text);
                bool good = strcmp(text, cases[i].digests[kind]) == 0;
                if (!good)
                    printf("kind %d, %zu bytes, pieces of %zu\n", kind, size, piece);
                check(good);
            }
            uint32_t crc = 0, cksum = 0, sysv = 0;
            uint16_t bsd = 0;
            for (size_t at = 0; at < size; at += piece) {
                size_t n = size - at < piece ? size - at : piece;
                crc = crc_32(crc, data + at, n);
                cksum = crc_cksum(cksum, data + at, n);
                bsd = crc_bsd(bsd, data + at, n);
                sysv = crc_sysv(sysv, data + at, n);
            }
            check(crc == cases[i].crc);
            check(crc_cksum_end(cksum, size) == cases[i].cksum);
            check(bsd == cases[i].bsd);
            check(crc_sysv_end(sysv) == cases[i].sysv);
        }
    return kit_end();
}
